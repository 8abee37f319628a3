// What a person does on the page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { root } from "../command-line.mjs";

export const recorded = JSON.parse(readFileSync(join(root, "web/tests/fixtures/strokes.json"), "utf8"));

/** Draws strokes with the mouse, moved to the right by `offset`. */
export async function draw(page, strokes, offset = 0) {
  const box = await page.locator("#surface").boundingBox();
  for (const stroke of strokes) {
    const [first, ...rest] = stroke.map(([x, y]) => [box.x + x + offset, box.y + y]);
    await page.mouse.move(...first);
    await page.mouse.down();
    for (const point of rest) await page.mouse.move(...point);
    await page.mouse.up();
  }
}

/** Waits until the drawing is read as these digits. */
export async function waitForDrawing(page, digits) {
  await page.waitForFunction(
    (digits) => document.querySelector("#draw-result")?.getAttribute("data-digits") === digits,
    digits,
    { timeout: 20_000 },
  ).catch(async () => {
    const found = await page.locator("#draw-result").getAttribute("data-digits");
    assert.fail(`drew ${digits}, was read as ${found}: ${await page.locator("#draw-result").innerText()}`);
  });
}

/** Chooses a file and waits for its reading, which it returns as the exported JSON. */
export async function readFile(page, file) {
  await page.setInputFiles("#file", file);
  // Its name comes with its reading; until then the reading of the file before may still stand there.
  await page.waitForFunction(
    (name) => document.querySelector("#picture-state")?.textContent?.startsWith(`${name}: `),
    basename(file),
    { timeout: 120_000 },
  );
  await page.waitForSelector("#picture-result:not([hidden])");
  await page.waitForSelector("#export:not([hidden])");
  return exported(page, "json").then((text) => text.trim().split("\n").map((line) => JSON.parse(line)));
}

/** Reads a scan of a form whose template was chosen, and waits for its table. */
export async function readForm(page, file) {
  await page.setInputFiles("#form-file", file);
  await page.waitForFunction(
    (name) => document.querySelector("#form-state")?.textContent?.startsWith(`${name}: `),
    basename(file),
    { timeout: 120_000 },
  );
  await page.waitForSelector("#form-result:not([hidden])");
}

/** What the download button gives. */
export async function exported(page, format) {
  await page.selectOption("#format", format);
  return downloaded(page, "#download");
}

/** The file that a button gives. */
export async function downloaded(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  return readFileSync(await download.path(), "utf8");
}
