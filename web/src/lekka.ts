// The recogniser as the npm package gives it, and as this page's worker uses it: the WebAssembly
// module with its JSON parsed.

import init, { Reader, type InitInput } from "../pkg/lekka.js";
import type {
  Correction,
  ExportFormat,
  FormCorrection,
  FormDescription,
  FormFormat,
  FormOptions,
  FormReading,
  FormTemplate,
  PageReading,
  Preview,
  ReadOptions,
  Stage,
  Stroke,
} from "./types.js";
import { formatPages, parsePages } from "./types.js";

export type * from "./types.js";

/**
 * Reads handwritten Kannada digits. All methods work at once and may take seconds for a large page: in
 * a browser, use it in a worker. Errors are thrown with the library's message.
 *
 * ```ts
 * const lekka = await Lekka.load();
 * const bytes = new Uint8Array(await file.arrayBuffer());
 * for (const page of lekka.read(bytes, { name: file.name })) console.log(page.fields.map((field) => field.text));
 * ```
 */
export class Lekka {
  readonly #reader: Reader;

  private constructor(reader: Reader) {
    this.#reader = reader;
  }

  /**
   * Loads the module once and prepares the weights.
   *
   * `module` is where the module is, or its bytes; next to this file if missing, which suits bundlers
   * and browsers. Node has no fetch for files: give it the bytes of `lekka_bg.wasm`. `weights` are
   * weights of your own, a file written by `lekka train` or `lekka model release`.
   */
  static async load(options: { module?: InitInput | Promise<InitInput>; weights?: Uint8Array } = {}): Promise<Lekka> {
    await init(options.module === undefined ? undefined : { module_or_path: options.module });
    return new Lekka(new Reader(options.weights));
  }

  /** What is known about program, network and weights: see `lekka model info --format json`. */
  model(): Record<string, unknown> {
    return JSON.parse(this.#reader.model()) as Record<string, unknown>;
  }

  /** Reads all pages of a picture file: the same as `lekka read --format json`. */
  read(bytes: Uint8Array, options: ReadOptions & { name?: string } = {}): PageReading[] {
    const { name = "picture", ...rest } = options;
    return parsePages(this.#reader.read(bytes, name, JSON.stringify(rest)));
  }

  /**
   * Reads strokes of a pen. Boxes are in pixels of the surface that the strokes are on. With `joined` a
   * stroke may be several digits, written without lifting the pen or in the air; it is then cut where
   * its digits are least in doubt, which takes longer.
   */
  readStrokes(strokes: Stroke[], options: ReadOptions & { name?: string; joined?: boolean } = {}): PageReading {
    const { name = "drawing", joined = false, ...rest } = options;
    const coordinates = Float32Array.from(strokes.flat(2));
    const lengths = Uint32Array.from(strokes, (stroke) => stroke.length);
    const json = this.#reader.readStrokes(coordinates, lengths, joined, name, JSON.stringify(rest));
    return JSON.parse(json) as PageReading;
  }

  /**
   * The calibrated probabilities of 0 to 9 for each digit of 28 x 28 pixels in the form of the data set,
   * ink 255 on paper 0: `[N, 784]` gives `[N, 10]`.
   */
  classify(glyphs: Uint8Array): Float32Array {
    return this.#reader.classify(glyphs);
  }

  /** A page, from 1, as the recogniser sees it: upright, grey, its longer side at most `maxSide`. */
  preview(bytes: Uint8Array, options: { name?: string; page?: number; maxSide?: number } = {}): Preview {
    const { name = "picture", page = 1, maxSide = 2400 } = options;
    const preview = this.#reader.preview(bytes, name, page, maxSide, "");
    const { png, width, height, orientation } = preview;
    preview.free();
    return { png: png as Uint8Array<ArrayBuffer>, width, height, orientation };
  }

  /** Every picture that a page, from 1, goes through before its digits are read. */
  stages(bytes: Uint8Array, options: { name?: string; page?: number; maxSide?: number } = {}): Stage[] {
    const { name = "picture", page = 1, maxSide = 1600 } = options;
    return this.#reader.stages(bytes, name, page, maxSide, "").map((stage) => {
      const { name, note, png } = stage;
      stage.free();
      return { name, note, png: png as Uint8Array<ArrayBuffer> | undefined };
    });
  }

  /** Readings with what a person says in place of what was read. */
  correct(pages: PageReading[], corrections: Correction[]): PageReading[] {
    return parsePages(this.#reader.correct(formatPages(pages), JSON.stringify(corrections)));
  }

  /** Readings as text in Kannada or ASCII digits, JSON lines or CSV. */
  export(pages: PageReading[], format: ExportFormat): string {
    return this.#reader.export(formatPages(pages), format);
  }

  /** What a template says of its form. Its mistakes are thrown, each with its line. */
  describeForm(form: FormTemplate): FormDescription {
    return JSON.parse(this.#reader.describeForm(form.text, form.name)) as FormDescription;
  }

  /**
   * Reads all pages of a scan of a form: the same as `lekka form read --format json`, with a picture of each field
   * that is in doubt.
   */
  readForm(form: FormTemplate, bytes: Uint8Array, options: FormOptions & { name?: string } = {}): FormReading[] {
    const { name = "picture", ...rest } = options;
    const scan = this.#reader.readForm(form.text, form.name, bytes, name, JSON.stringify(rest));
    const pages = parsePages<FormReading>(scan.readings());
    for (const [page, { fields }] of pages.entries()) {
      for (const [field, value] of fields.entries()) {
        value.picture = scan.picture(page, field) as Uint8Array<ArrayBuffer> | undefined;
      }
    }
    scan.free();
    return pages;
  }

  /** Readings of a form with what a person says of fields. Other fields stay as they are. */
  correctForm(pages: FormReading[], corrections: FormCorrection[]): FormReading[] {
    const corrected = parsePages<FormReading>(this.#reader.correctForm(formatPages(pages), JSON.stringify(corrections)));
    for (const [page, { fields }] of corrected.entries()) {
      for (const [field, value] of fields.entries()) value.picture = pages[page]?.fields[field]?.picture;
    }
    return corrected;
  }

  /** Readings of a form as a CSV table, a row for each page, or as JSON lines. */
  exportForm(form: FormTemplate, pages: FormReading[], format: FormFormat): string {
    return this.#reader.exportForm(form.text, form.name, formatPages(pages), format);
  }
}
