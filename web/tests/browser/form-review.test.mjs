// The page that `lekka form review` writes, by keyboard alone, in a real browser.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test, { after, before } from "node:test";

import { program, root } from "../command-line.mjs";
import { browser } from "./harness.mjs";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const forms = join(root, "examples/forms");

let chrome;
let page;
let folder;
const wrong = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "lekka-review-"));
  const output = join(folder, "review.html");
  // Hardly anything is as sure as this, so there is something to look through.
  const scans = ["tax-form.toml", "tax-form.png", "--review-below", "0.99999", "-o", output];
  execFileSync(program(), ["form", "review", ...scans], { cwd: forms, stdio: "pipe" });
  chrome = await browser();
  page = await chrome.context.newPage();
  page.on("pageerror", (error) => wrong.push(`error: ${error}`));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || wrong.push(request.url()));
  await page.goto(pathToFileURL(output).href);
});
after(async () => {
  await chrome?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("is looked through and saved by keyboard", async () => {
  const count = Number((await page.textContent("#progress")).match(/of (\d+)/)[1]);
  assert.ok(count >= 2, `${count} doubtful fields`);
  const place = () => page.textContent("#place");
  const first = await place();
  assert.equal(await page.evaluate(() => document.activeElement.id), "value");
  assert.ok(await page.evaluate(() => document.getElementById("picture").naturalWidth > 100));
  // On and back without accepting.
  await page.keyboard.press("ArrowRight");
  assert.notEqual(await place(), first);
  await page.keyboard.press("ArrowLeft");
  assert.equal(await place(), first);
  // The next likely reading and the one before.
  const read = await page.inputValue("#value");
  await page.keyboard.press("ArrowDown");
  assert.notEqual(await page.inputValue("#value"), read);
  await page.keyboard.press("ArrowUp");
  assert.equal(await page.inputValue("#value"), read);
  // Kannada digits are typed as well as others; what is no digit is left out.
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText("\u0ce7a2");
  assert.equal(await page.inputValue("#value"), "12");
  await page.keyboard.press("Enter");
  for (let done = 1; done < count; done++) await page.keyboard.press("Enter");
  assert.match(await page.textContent("#done-title"), /^All doubtful fields are done/);
  await page.keyboard.press("ArrowLeft");
  assert.match(await place(), new RegExp(`\\(${count} of ${count}\\)`));
  await page.keyboard.press("ArrowRight");
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Control+s")]);
  const [header, row] = readFileSync(await download.path(), "utf8").trim().split("\n").map((line) => line.split(","));
  assert.equal(row[header.indexOf("review")], "");
  const column = first.match(/field (\w+)/)[1];
  assert.equal(row[header.indexOf(column)], "12");
  assert.equal(await page.textContent("#progress"), `${count} of ${count} doubtful fields done`);
  assert.deepEqual(wrong, []);
});

test("has no faults of accessibility", async () => {
  await page.keyboard.press("ArrowLeft");
  await page.addScriptTag({ path: axe }).catch(() => {});
  const blocked = await page.evaluate(() => typeof window.axe === "undefined");
  if (blocked) await page.evaluate(readFileSync(axe, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]), []);
});
