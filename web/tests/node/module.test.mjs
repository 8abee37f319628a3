// The WebAssembly module by itself, against the command line.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { performance } from "node:perf_hooks";
import test from "node:test";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { initSync, Reader } from "../../pkg/lekka.js";
import {
  assertSameForm,
  assertSameReading,
  formFile,
  forms,
  parseLines as parse,
  pictures,
  readByCommandLine,
  readFormByCommandLine,
  root,
} from "../command-line.mjs";

const module = readFileSync(process.env.LEKKA_MODULE ?? join(root, "web/pkg/lekka_bg.wasm"));
initSync({ module });
const reader = new Reader();

test("the module with its weights is below 4 MB compressed, by gzip and by Brotli", (context) => {
  const gzip = gzipSync(module, { level: 9 }).length;
  // Quality 9: the highest takes ten seconds for half a percent.
  const brotli = brotliCompressSync(module, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).length;
  context.diagnostic(JSON.stringify({ raw: module.length, gzip, brotli }));
  assert.ok(gzip < 4e6 && brotli < 4e6, `${gzip} by gzip, ${brotli} by Brotli`);
});

test("SIMD is in use", () => {
  assert.equal(JSON.parse(reader.model()).instructions, "simd128");
});

test("pictures are read as by the command line", (context) => {
  assert.ok(pictures().length > 15);
  for (const file of pictures()) {
    const name = basename(file);
    const start = performance.now();
    const found = parse(reader.read(readFileSync(file), name, ""));
    const time = performance.now() - start;
    const difference = assertSameReading(found, readByCommandLine(file, name), name);
    context.diagnostic(`${name}: ${time.toFixed(0)} ms, probabilities differ by ${difference.toExponential(1)} at most`);
  }
});

test("forms are read as by the command line", () => {
  for (const name of forms) {
    const template = readFileSync(formFile(name, "toml"), "utf8");
    const scan = reader.readForm(template, `${name}.toml`, readFileSync(formFile(name, "png")), `${name}.png`, "");
    const readings = scan.readings();
    assertSameForm(parse(readings), parse(readFormByCommandLine(name, "json")), name);
    const csv = reader.exportForm(template, `${name}.toml`, readings, "csv");
    assert.equal(csv, readFormByCommandLine(name, "csv"), name);
  }
});

test("strokes are read, and one digit is quick", (context) => {
  const recorded = JSON.parse(readFileSync(join(root, "web/tests/fixtures/strokes.json"), "utf8"));
  const times = [];
  for (let round = 0; round < 5; round++) {
    for (const { digit, strokes } of recorded) {
      const coordinates = Float32Array.from(strokes.flat(2));
      const lengths = Uint32Array.from(strokes, (stroke) => stroke.length);
      const start = performance.now();
      const page = JSON.parse(reader.readStrokes(coordinates, lengths, false, "drawing", ""));
      times.push(performance.now() - start);
      assert.equal(page.fields[0].ascii, String(digit));
    }
  }
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1];
  context.diagnostic(`a digit from strokes to its reading: median ${median.toFixed(1)} ms`);
  // 30 ms on an idle machine; this bound only catches a module without SIMD on a busy one.
  assert.ok(median < 120, `${median} ms`);
});

test("errors come as errors with a message, and the reader goes on", () => {
  assert.throws(() => reader.read(new Uint8Array(10), "bad.png", ""), /^Error: bad\.png: /);
  assert.throws(() => reader.read(new Uint8Array(10), "bad.png", "{"), /options: /);
  assert.throws(() => reader.classify(new Uint8Array(5)), /784 for each digit/);
  assert.equal(parse(reader.read(readFileSync(join(root, "samples/digit-7.png")), "a", ""))[0].fields[0].ascii, "7");
});

test("a page for the screen", () => {
  const preview = reader.preview(readFileSync(join(root, "samples/sheet.png")), "sheet.png", 1, 100, "");
  assert.deepEqual([...preview.png.slice(1, 4)], [0x50, 0x4e, 0x47]);
  assert.ok(preview.width > 100 && preview.orientation === 1);
});
