// What a reading is: the JSON of `lekka read --format json`, one object for each page.

export type Status = "ok" | "review" | "blank";

/** Left, top, width and height in pixels of the picture as stored. */
export type Box = [number, number, number, number];

export interface DigitReading {
  /** 0 to 9; null when blank. */
  digit: number | null;
  /** Calibrated probability, 0 to 1. */
  probability: number;
  status: Status;
  box: Box;
  row: number;
  column: number;
  /** Runners-up as pairs of digit and probability, most probable first. */
  alternatives: [number, number][];
}

export interface FieldReading {
  name: string;
  kind: "digit" | "number" | "grid";
  box: Box;
  rows: number;
  columns: number;
  /** In Kannada digits, `_` for blank, a newline between rows. */
  text: string;
  /** The same in ASCII digits. */
  ascii: string;
  status: Status;
  digits: DigitReading[];
}

export interface PageReading {
  schema_version: number;
  source: string;
  /** From 1. */
  page: number;
  width: number;
  height: number;
  skew_degrees: number;
  fields: FieldReading[];
  errors: string[];
}

/** Options of a reading, as of `lekka read`. */
export interface ReadOptions {
  ink?: "auto" | "dark" | "light";
  reviewBelow?: number;
  maxError?: number;
  maxMegapixels?: number;
  maxPages?: number;
}

/** Points of one movement of the pen, `[x, y]` in pixels of the surface. */
export type Stroke = [number, number][];

export interface Preview {
  /** The upright page as PNG. */
  png: Uint8Array<ArrayBuffer>;
  /** Size of the upright page before it was reduced for the screen. */
  width: number;
  height: number;
  /** How the stored picture was turned upright: EXIF's number, 1 to 8. */
  orientation: number;
}

/** One step between the picture and the network's input. */
export interface Stage {
  /** A word that does not change between versions: grey, light, median, ink, digits, glyphs, ... */
  name: string;
  /** What was done and why, in English. */
  note: string;
  /** Missing where the step left the picture as it was. */
  png: Uint8Array<ArrayBuffer> | undefined;
}

export interface Correction {
  page: number;
  field: number;
  digit: number;
  value: number | null;
}

export type ExportFormat = "text" | "ascii" | "csv" | "json";

/** A form's template: TOML, and the name of its file for messages. */
export interface FormTemplate {
  text: string;
  name: string;
}

/** What a template says of its form. */
export interface FormDescription {
  name: string;
  title: string | null;
  /** Of the table that readings make. */
  columns: string[];
  /** `least` to `most` digits belong into a field. */
  fields: { name: string; label: string | null; least: number; most: number }[];
}

/** A page read as a form: the JSON of `lekka form read --format json`. */
export interface FormReading {
  source: string;
  /** From 1. */
  page: number;
  /** In the order of the template; none when the form was not found. */
  fields: FormValue[];
  /** Why the page could not be read. */
  error: string | null;
}

export interface FormValue {
  name: string;
  /** In ASCII digits; null when blank. Of one in doubt `_` is an empty box between others. */
  value: string | null;
  /** Posterior probability, 0 to 1. */
  probability: number;
  status: Status;
  /** The likeliest readings, the value first. */
  readings: { value: string; probability: number }[];
  /** Why it is in doubt, in English. */
  reason: string | null;
  /** Rules and check digits that made a doubtful reading certain. */
  settled_by: string[];
  /** The field as it stands on the scan, PNG, when it was in doubt; no part of the JSON. */
  picture?: Uint8Array<ArrayBuffer> | undefined;
}

export interface FormCorrection {
  /** From 0. */
  page: number;
  /** The field's name. */
  field: string;
  /** Digits; null for a blank. */
  value: string | null;
}

export type FormFormat = "csv" | "json";

/** Options of reading a form, as of `lekka form read`. */
export type FormOptions = Pick<ReadOptions, "reviewBelow" | "maxMegapixels" | "maxPages">;

/** What reads: the recogniser in this page, or a server's. */
export interface Backend {
  readonly kind: "wasm" | "server";
  read(bytes: Uint8Array<ArrayBuffer>, name: string, options: ReadOptions): Promise<PageReading[]>;
  readStrokes(strokes: Stroke[], joined: boolean, name: string): Promise<PageReading>;
  readForm(form: FormTemplate, bytes: Uint8Array<ArrayBuffer>, name: string, options: FormOptions): Promise<FormReading[]>;
}

/** What the page needs besides and does itself whoever reads: no picture is sent for it. */
export interface Tools {
  preview(bytes: Uint8Array<ArrayBuffer>, name: string, page: number, maxSide: number): Promise<Preview>;
  stages(bytes: Uint8Array<ArrayBuffer>, name: string, page: number): Promise<Stage[]>;
  correct(pages: PageReading[], corrections: Correction[]): Promise<PageReading[]>;
  export(pages: PageReading[], format: ExportFormat): Promise<string>;
  describeForm(form: FormTemplate): Promise<FormDescription>;
  correctForm(pages: FormReading[], corrections: FormCorrection[]): Promise<FormReading[]>;
  exportForm(form: FormTemplate, pages: FormReading[], format: FormFormat): Promise<string>;
  model(): Promise<Record<string, unknown>>;
}

/** Pages from JSON lines, or from a JSON array. */
export function parsePages<Page>(text: string): Page[] {
  const trimmed = text.trim();
  if (trimmed.startsWith("[")) return JSON.parse(trimmed) as Page[];
  return trimmed
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Page);
}

/** JSON lines from pages, without pictures. */
export function formatPages(pages: (PageReading | FormReading)[]): string {
  const bare = (key: string, value: unknown) => (key === "picture" ? undefined : value);
  return pages.map((page) => JSON.stringify(page, bare)).join("\n");
}
