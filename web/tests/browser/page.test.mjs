// The page in a real browser, read by WebAssembly and by the server, against the command line.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import test, { after, before, describe } from "node:test";

import {
  assertSameForm,
  assertSameReading,
  formFile,
  parseLines,
  program,
  readByCommandLine,
  readFormByCommandLine,
  root,
} from "../command-line.mjs";
import { downloaded, draw, exported, readFile, readForm, recorded, waitForDrawing } from "./actions.mjs";
import { browser, lekkaServer, openPage, staticHost } from "./harness.mjs";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const sheet = join(root, "samples/sheet.png");
const form = join(root, "examples/forms/tax-form.png");

/** Why the server is not tested, if it is not. */
function noServer() {
  if (!/^ +serve /m.test(execFileSync(program(), ["--help"]).toString())) return "this lekka has no `serve`";
  return false;
}

let chrome;
before(async () => {
  chrome = await browser();
});
after(() => chrome?.stop());

/** What must hold whoever reads. */
function readsLikeTheCommandLine(start, backend) {
  let host;
  let open;
  before(async () => {
    host = await start();
    open = await openPage(chrome.context, host.address);
    if (backend === "server") await open.page.selectOption("#backend", "server");
  });
  after(async () => {
    // The browser notes by itself that a server refused the file that is no picture.
    const refused = "console: Failed to load resource: the server responded with a status of 415 (Unsupported Media Type)";
    try {
      await open?.finish(backend === "server" ? [refused] : []);
    } finally {
      await host?.stop(); // a server that is left running would keep the tests from ending
    }
  });

  test("draws all ten digits, each read while it is drawn", async () => {
    const { page } = open;
    for (const { digit, strokes } of recorded) {
      await page.click("#clear");
      await waitForDrawing(page, "");
      await draw(page, strokes);
      await waitForDrawing(page, String(digit));
    }
    assert.equal(await page.locator("#draw-result meter").count(), 4, "the digit and three runners-up");
  });

  test("draws a number", async () => {
    const { page } = open;
    await page.click("#clear");
    await draw(page, recorded[3].strokes, -20);
    await draw(page, recorded[0].strokes, 120);
    await waitForDrawing(page, "30");
    await page.click("#undo");
    await waitForDrawing(page, "3");
  });

  for (const file of [sheet, join(root, "samples/number.png"), join(root, "samples/sheet-dark.png"), form]) {
    test(`reads ${basename(file)} as the command line does`, async () => {
      const found = await readFile(open.page, file);
      assertSameReading(found, readByCommandLine(file, basename(file)), basename(file));
    });
  }

  for (const [name, group] of [["marks-sheet", backend === "server" ? "server" : "example"], ["tax-form", "file"]]) {
    test(`reads the form ${name} as the command line does, its template from ${group}`, async () => {
      const { page } = open;
      if (group === "file") await page.setInputFiles("#form-template-file", formFile(name, "toml"));
      else await page.selectOption("#form-template", `${group}/${name}`);
      await page.selectOption("#form-review", "0.98");
      await page.waitForFunction(() => document.querySelector("#form-state")?.textContent !== "");
      await readForm(page, formFile(name, "png"));
      const json = parseLines(await downloaded(page, "#form-json"));
      assertSameForm(json, parseLines(readFormByCommandLine(name, "json")), name);
      assert.equal(await downloaded(page, "#form-csv"), readFormByCommandLine(name, "csv"));
    });
  }

  test("tells of a scan of another form, and of a template that is none", async () => {
    const { page } = open;
    await page.setInputFiles("#form-file", join(root, "samples/digit-7.png"));
    await page.waitForSelector("#form-error:not([hidden])");
    await page.setInputFiles("#form-template-file", join(root, "Cargo.toml"));
    await page.waitForFunction(() => document.querySelector("#form-error")?.textContent?.includes("Cargo.toml"));
  });

  test("tells of a file that is no picture, and reads on", async () => {
    const { page } = open;
    await page.setInputFiles("#file", join(root, "Cargo.toml"));
    await page.waitForSelector("#picture-error:not([hidden])");
    assert.match(await page.locator("#picture-error").innerText(), /Cargo\.toml/);
    await readFile(page, join(root, "samples/digit-7.png"));
    assert.equal((await exported(page, "ascii")).trim(), "7");
  });

  test(backend === "wasm" ? "sends nothing" : "sends to its own server", () => {
    assert.equal(open.sent.length > 0, backend === "server", open.sent.join());
  });
}

describe("by WebAssembly, on a host of static files, below its root", () => {
  readsLikeTheCommandLine(staticHost, "wasm");
});

describe("by lekka serve", { skip: noServer() }, () => {
  readsLikeTheCommandLine(lekkaServer, "server");
});

describe("for everybody", () => {
  let host;
  before(async () => {
    host = await staticHost();
  });
  after(() => host?.stop());

  test("axe-core finds nothing, in both languages, light and dark, on phone and desktop", async () => {
    const { page, finish } = await openPage(chrome.context, host.address);
    await draw(page, recorded[5].strokes);
    await waitForDrawing(page, "5");
    await readFile(page, sheet);
    await page.locator("#overlay rect").first().click();
    await page.selectOption("#form-template", "example/pin-envelope");
    await page.selectOption("#form-review", "1");
    await readForm(page, formFile("pin-envelope", "png"));
    await page.waitForSelector("#form-table tr.review img");
    for (const [language, theme, width] of [["en", "light", 1280], ["kn", "dark", 390]]) {
      await page.setViewportSize({ width, height: 800 });
      await page.selectOption("#language", language);
      await page.selectOption("#theme", theme);
      assert.equal(await page.locator("html").getAttribute("lang"), language);
      // Evaluated by the tool, not loaded by the page: the page's own rules would refuse it.
      await page.evaluate(readFileSync(axe, "utf8"));
      const { violations } = await page.evaluate(() => globalThis.axe.run(document));
      const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).slice(0, 3).join(" ")}`);
      assert.deepEqual(told, [], `${language}, ${theme}, ${width}`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(overflow <= 0, `${width}: the page is ${overflow} pixels too wide`);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    await finish();
  });

  test("by keyboard alone: draw, clear, choose a digit of a page, correct it", async () => {
    const { page, finish } = await openPage(chrome.context, host.address);
    await page.selectOption("#language", "en");
    await page.focus("#language");
    // Settings, then the surface.
    for (let tabs = 0; tabs < 6; tabs++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement?.id === "surface")) break;
    }
    assert.equal(await page.evaluate(() => document.activeElement?.id), "surface");
    await page.keyboard.press("Space");
    // Once around: a zero.
    const octagon = ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"];
    for (const [side, key] of octagon.entries()) {
      for (let step = 0; step < 6; step++) await page.keyboard.press(key);
      for (let step = 0; step < 3; step++) {
        await page.keyboard.press(key);
        await page.keyboard.press(octagon[(side + 1) % 4]);
      }
    }
    await page.keyboard.press("Space");
    await waitForDrawing(page, "0");
    await page.waitForFunction(() => document.querySelector("#announcements")?.textContent === "Read: 0");
    await page.keyboard.press("Escape");
    await waitForDrawing(page, "");

    const [reading] = await readFile(page, sheet);
    const second = reading.fields[0].digits[1];
    await page.focus("#overlay rect[tabindex='0']");
    await page.keyboard.press("ArrowRight");
    const label = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    assert.match(await label(), /row 1, column 2: /);
    const value = (second.digit + 1) % 10;
    await page.keyboard.press(String(value));
    await page.waitForSelector("#overlay rect.corrected");
    assert.match(await label(), new RegExp(`column 2: .*\\(${value}\\).* corrected`));
    const text = await exported(page, "ascii");
    const before = reading.fields[0].ascii;
    assert.equal(text.trim(), `${before[0]}${value}${before.slice(2)}`.trim());
    const csv = await exported(page, "csv");
    assert.match(csv, new RegExp(`sheet.png,1,field_1,grid,0,1,${value},1.000000,ok,`));
    await finish();
  });

  test("by keyboard alone: a form's fields in doubt are looked through and corrected", async () => {
    const { page, finish } = await openPage(chrome.context, host.address);
    await page.selectOption("#language", "en");
    await page.selectOption("#form-template", "example/marks-sheet");
    await page.selectOption("#form-review", "1");
    await readForm(page, formFile("marks-sheet", "png"));
    const [before] = parseLines(await downloaded(page, "#form-json"));
    const doubtful = before.fields.filter(({ status }) => status === "review");
    assert.ok(doubtful.length > 2, "below 100 % every field that is filled in is in doubt");
    assert.equal(await page.locator("#form-table img").count(), doubtful.length, "each with its picture");
    const decoded = await page.locator("#form-table img").first().evaluate((image) => image.decode().then(() => image.naturalWidth));
    assert.ok(decoded > 50);
    const focused = () => page.evaluate(() => document.activeElement?.dataset?.field);
    const says = (text) =>
      page.waitForFunction((text) => document.querySelector("#announcements")?.textContent?.includes(text), text);

    await page.focus("#form-next");
    await page.keyboard.press("Enter");
    assert.equal(await focused(), doubtful[0].name);
    // Typed, in Kannada digits too.
    await page.keyboard.insertText("೧2೩456");
    await page.keyboard.press("Enter");
    await says(`123456. ${doubtful.length - 1} left`);
    assert.equal(await focused(), doubtful[1].name, "Enter goes on");
    // Chosen among the likeliest.
    await page.keyboard.press("ArrowDown");
    const other = doubtful[1].readings[1] ?? doubtful[1].readings[0];
    await says(`${other.value}, `);
    await page.keyboard.press("Enter");
    await says(`${doubtful.length - 2} left`);
    assert.equal(await focused(), doubtful[2].name);
    const [after] = parseLines(await downloaded(page, "#form-json"));
    const now = new Map(after.fields.map((field) => [field.name, field]));
    assert.equal(now.get(doubtful[0].name).value, "123456");
    assert.equal(now.get(doubtful[1].name).value, other.value);
    assert.equal(now.get(doubtful[1].name).status, "ok");
    assert.match(await downloaded(page, "#form-csv"), /marks-sheet.png,1,123456,/);
    // As many digits as do not belong there: told, but what is on the paper counts.
    await page.focus(`#form-table input[data-field="${doubtful[2].name}"]`);
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText("12345");
    await says("5 digits");
    await finish();
  });

  test("every stage of preprocessing is shown, as the library names them", async () => {
    const { page, finish } = await openPage(chrome.context, host.address);
    await page.selectOption("#language", "en");
    await readFile(page, join(root, "samples/number.png"));
    await page.click("#stages summary");
    await page.waitForSelector("#stages img");
    const titles = await page.locator("#stages figcaption strong").allInnerTexts();
    assert.equal(titles[0], "Grey");
    assert.equal(titles.at(-1), "What the network sees");
    const decoded = await page.locator("#stages img").evaluateAll((images) =>
      Promise.all(images.map((image) => image.decode().then(() => image.naturalWidth))),
    );
    assert.ok(decoded.length >= 3 && decoded.every((width) => width > 0), decoded.join());
    await finish();
  });

  test("a number drawn without lifting the pen is cut into its digits", async () => {
    const { page, finish } = await openPage(chrome.context, host.address);
    await page.selectOption("#writing", "joined");
    const zero = recorded[0].strokes.flat().map(([x, y]) => [x - 10, y]);
    const three = recorded[3].strokes.flat().map(([x, y]) => [x + 170, y]);
    await draw(page, [[...zero, ...three]]);
    await waitForDrawing(page, "03");
    // The same positions, and no pen that says where they begin and end.
    await page.click("#clear");
    await page.selectOption("#writing", "air");
    const box = await page.locator("#surface").boundingBox();
    for (const [x, y] of [...zero, ...three]) await page.mouse.move(box.x + x, box.y + y);
    await waitForDrawing(page, "03");
    await finish();
  });

  test("a picture can be dropped and pasted", async () => {
    const { page, finish } = await openPage(chrome.context, host.address);
    const bytes = [...readFileSync(join(root, "samples/digit-4.png"))];
    for (const type of ["drop", "paste"]) {
      await page.evaluate(([type, bytes]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], `${type}.png`, { type: "image/png" }));
        const init = { bubbles: true, cancelable: true };
        document.querySelector("#drop").dispatchEvent(
          type === "drop"
            ? new DragEvent("drop", { ...init, dataTransfer: transfer })
            : new ClipboardEvent("paste", { ...init, clipboardData: transfer }),
        );
      }, [type, bytes]);
      await page.waitForFunction(
        (type) => document.querySelector("#picture-state")?.textContent?.startsWith(`${type}.png`),
        type,
      );
      assert.equal((await exported(page, "ascii")).trim(), "4");
    }
    await finish();
  });
});
