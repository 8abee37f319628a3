// The command line's answer, which every other way to read is held against.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The program: $LEKKA, or what `cargo build --release` made. */
export function program() {
  const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
  const found = process.env.LEKKA ?? join(target, "release/lekka");
  assert.ok(existsSync(found), `no ${found}: run cargo build --release first, or set LEKKA`);
  return found;
}

/** Scans, numbers and filled forms of the repository. */
export function pictures() {
  const of = (folder) =>
    readdirSync(join(root, folder))
      .filter((name) => /\.(png|jpe?g|tiff?)$/.test(name))
      .map((name) => join(root, folder, name));
  return [...of("samples"), ...of("examples/forms")];
}

/** What `lekka read --format json` says of a file, under the name given. */
export function readByCommandLine(file, name) {
  const output = execFileSync(program(), ["read", file, "--format", "json"], { maxBuffer: 1 << 28 });
  const pages = output.toString().trim().split("\n").map((line) => JSON.parse(line));
  return pages.map((page) => ({ ...page, source: name ?? relative(root, file) }));
}

/** The forms of `examples/forms`, by the names of their files. */
export const forms = ["marks-sheet", "paying-in-slip", "pin-envelope", "tax-form"];

export const formFile = (name, ending) => join(root, "examples/forms", `${name}.${ending}`);

/** What `lekka form read` says of an example, its picture under its own name. */
export function readFormByCommandLine(name, format, ...options) {
  const file = `${name}.png`;
  const args = ["form", "read", formFile(name, "toml"), file, "--format", format, ...options];
  return execFileSync(program(), args, { cwd: join(root, "examples/forms") }).toString();
}

/** Pages of a form as they are written. */
export const parseLines = (lines) => lines.trim().split("\n").map((line) => JSON.parse(line));

/** The same values and statuses, probabilities within a thousandth. */
export function assertSameForm(found, expected, what) {
  const bare = (pages) =>
    pages.map(({ fields, ...page }) => ({
      ...page,
      fields: fields.map(({ probability, readings, picture, ...field }) => field),
    }));
  assert.deepEqual(bare(found), bare(expected), what);
  const chances = (pages) => pages.flatMap(({ fields }) => fields.map(({ probability }) => probability));
  const others = chances(found);
  for (const [index, probability] of chances(expected).entries()) {
    const difference = Math.abs((others[index] ?? 0) - probability);
    assert.ok(difference <= 1e-3, `${what}, field ${index}: the probability differs by ${difference}`);
  }
}

/** The same digits, boxes and statuses, probabilities within a thousandth. Returns the greatest difference. */
export function assertSameReading(found, expected, what) {
  const bare = (pages) =>
    pages.map((page) => ({
      ...page,
      fields: page.fields.map((field) => ({
        ...field,
        digits: field.digits.map(({ probability, alternatives, ...digit }) => digit),
      })),
    }));
  assert.deepEqual(bare(found), bare(expected), what);
  let greatest = 0;
  const digits = (pages) => pages.flatMap((page) => page.fields.flatMap((field) => field.digits));
  const chances = ({ digit, probability, alternatives }) => [[digit, probability], ...alternatives];
  for (const [index, digit] of digits(expected).entries()) {
    const other = new Map(chances(digits(found)[index]));
    for (const [value, probability] of chances(digit)) {
      // Runners-up of next to no probability may change places.
      const difference = Math.abs((other.get(value) ?? 0) - probability);
      assert.ok(difference <= 1e-3, `${what}, digit ${index}: ${value} differs by ${difference}`);
      greatest = Math.max(greatest, difference);
    }
  }
  return greatest;
}
