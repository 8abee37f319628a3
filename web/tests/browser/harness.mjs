// A browser with a fresh profile, the page on a host of static files or on `lekka serve`, and a
// record of everything that must not happen: requests to other hosts, errors, breaches of the
// content security policy.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

import { chromium } from "playwright-core";

import { program, root } from "../command-line.mjs";

const assets = process.env.LEKKA_PAGE ?? join(root, "crates/lekka-server/assets");

const types = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** A plain web host with the page on a path below its root. */
export async function staticHost() {
  const prefix = "/some/where/";
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const name = path === prefix ? "index.html" : path.slice(prefix.length);
    const file = join(assets, name);
    if (!path.startsWith(prefix) || !file.startsWith(assets) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end("not found");
      return;
    }
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}${prefix}`,
    stop: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(resolve);
    }),
  };
}

/** `lekka serve` on a free port. */
export async function lekkaServer() {
  const port = 20000 + Math.floor(Math.random() * 20000);
  const child = spawn(program(), ["serve", "--port", String(port), "--forms", join(root, "examples/forms")], { stdio: ["ignore", "inherit", "inherit"] });
  const address = `http://127.0.0.1:${port}/`;
  try {
    for (let tries = 0; ; tries++) {
      const ready = await fetch(new URL("readyz", address)).then((response) => response.ok, () => false);
      if (ready) break;
      assert.ok(child.exitCode === null && tries < 100, "lekka serve did not start");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const page = await fetch(address).then((response) => response.text());
    const built = readFileSync(join(assets, "index.html"), "utf8");
    assert.equal(page, built, `${program()} has an older page in it: run cargo build --release`);
  } catch (error) {
    child.kill();
    throw error;
  }
  return {
    address,
    stop: async () => {
      const closed = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      assert.equal(await closed, 0, "lekka serve ends without an error");
    },
  };
}

/** A browser that keeps nothing. */
export async function browser() {
  const profile = mkdtempSync(join(tmpdir(), "lekka-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-sync",
      "--disable-quic",
      "--no-first-run",
      "--disable-component-update",
    ],
    viewport: { width: 1280, height: 900 },
  });
  return {
    context,
    stop: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** The page, open and ready. `finish` fails on whatever must not have happened, but for what is `expected`. */
export async function openPage(context, address) {
  const page = await context.newPage();
  const wrong = [];
  const sent = [];
  const origin = new URL(address).origin;
  page.on("request", (request) => {
    if (request.method() !== "GET") sent.push(request.url());
    const url = new URL(request.url());
    if (url.protocol !== "blob:" && url.origin !== origin) wrong.push(`request to ${url}`);
  });
  page.on("pageerror", (error) => wrong.push(`error: ${error}`));
  page.on("console", (message) => {
    // That there is no server behind a static host is found out by asking.
    if (message.type() === "error" && !message.location().url.endsWith("/v1/model")) {
      wrong.push(`console: ${message.text()}`);
    }
  });
  await page.goto(address);
  await page.waitForSelector("html[data-ready][data-server]");
  return {
    page,
    sent,
    finish: async (expected = []) => {
      assert.deepEqual(wrong, expected);
      await page.close();
    },
  };
}
