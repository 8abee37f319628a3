// The recogniser, off the page's thread. Answers one message at a time, in order.

import { Lekka } from "./lekka.js";
import type {
  Correction,
  ExportFormat,
  FormCorrection,
  FormFormat,
  FormOptions,
  FormReading,
  FormTemplate,
  PageReading,
  ReadOptions,
  Stroke,
} from "./types.js";

export interface Request {
  id: number;
  method: string;
  arguments: unknown[];
}

export type Response =
  | { id: number; result: unknown }
  | { id: number; error: string; fatal: boolean };

const lekka = Lekka.load();
lekka.catch(() => undefined); // told to whoever asks

type Call = (lekka: Lekka, ...values: never[]) => unknown;

const calls: Record<string, Call> = {
  read: (lekka, bytes: Uint8Array, name: string, options: ReadOptions) => lekka.read(bytes, { name, ...options }),
  readStrokes: (lekka, strokes: Stroke[], joined: boolean, name: string) =>
    lekka.readStrokes(strokes, { name, joined }),
  preview: (lekka, bytes: Uint8Array, name: string, page: number, maxSide: number) =>
    lekka.preview(bytes, { name, page, maxSide }),
  stages: (lekka, bytes: Uint8Array, name: string, page: number) => lekka.stages(bytes, { name, page }),
  correct: (lekka, pages: PageReading[], corrections: Correction[]) => lekka.correct(pages, corrections),
  export: (lekka, pages: PageReading[], format: ExportFormat) => lekka.export(pages, format),
  describeForm: (lekka, form: FormTemplate) => lekka.describeForm(form),
  readForm: (lekka, form: FormTemplate, bytes: Uint8Array, name: string, options: FormOptions) =>
    lekka.readForm(form, bytes, { name, ...options }),
  correctForm: (lekka, pages: FormReading[], corrections: FormCorrection[]) => lekka.correctForm(pages, corrections),
  exportForm: (lekka, form: FormTemplate, pages: FormReading[], format: FormFormat) =>
    lekka.exportForm(form, pages, format),
  model: (lekka) => lekka.model(),
};

self.addEventListener("message", async ({ data }: MessageEvent<Request>) => {
  let response: Response;
  try {
    const call = calls[data.method];
    if (!call) throw new Error(`no method ${data.method}`);
    response = { id: data.id, result: call(await lekka, ...(data.arguments as never[])) };
  } catch (error) {
    // Out of memory leaves the module unusable: the page then starts another worker.
    const fatal = error instanceof WebAssembly.RuntimeError;
    response = { id: data.id, error: error instanceof Error ? error.message : String(error), fatal };
  }
  self.postMessage(response);
});
