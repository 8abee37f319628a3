// The recogniser in this page: a worker with the WebAssembly module.

import type {
  Backend,
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
  Tools,
} from "./types";
import type { Request, Response } from "./worker";

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class WasmBackend implements Backend, Tools {
  readonly kind = "wasm";
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #next = 0;

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "lekka" });
    worker.addEventListener("message", ({ data }: MessageEvent<Response>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) {
        waiting?.reject(new Error(data.error));
        if (data.fatal) this.#stop("the recogniser ran out of memory and was started again");
      } else {
        waiting?.resolve(data.result);
      }
    });
    worker.addEventListener("error", (event) => this.#stop(event.message || "the recogniser did not start"));
    this.#worker = worker;
    return worker;
  }

  #stop(reason: string): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(reason));
    this.#waiting.clear();
  }

  #call<T>(method: string, ...values: unknown[]): Promise<T> {
    const worker = this.#start();
    const request: Request = { id: this.#next++, method, arguments: values };
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(request.id, { resolve: resolve as (result: unknown) => void, reject });
      worker.postMessage(request);
    });
  }

  read(bytes: Uint8Array<ArrayBuffer>, name: string, options: ReadOptions): Promise<PageReading[]> {
    return this.#call("read", bytes, name, options);
  }

  readStrokes(strokes: Stroke[], joined: boolean, name: string): Promise<PageReading> {
    return this.#call("readStrokes", strokes, joined, name);
  }

  preview(bytes: Uint8Array<ArrayBuffer>, name: string, page: number, maxSide: number): Promise<Preview> {
    return this.#call("preview", bytes, name, page, maxSide);
  }

  stages(bytes: Uint8Array<ArrayBuffer>, name: string, page: number): Promise<Stage[]> {
    return this.#call("stages", bytes, name, page);
  }

  correct(pages: PageReading[], corrections: Correction[]): Promise<PageReading[]> {
    return this.#call("correct", pages, corrections);
  }

  export(pages: PageReading[], format: ExportFormat): Promise<string> {
    return this.#call("export", pages, format);
  }

  describeForm(form: FormTemplate): Promise<FormDescription> {
    return this.#call("describeForm", form);
  }

  readForm(
    form: FormTemplate,
    bytes: Uint8Array<ArrayBuffer>,
    name: string,
    options: FormOptions,
  ): Promise<FormReading[]> {
    return this.#call("readForm", form, bytes, name, options);
  }

  correctForm(pages: FormReading[], corrections: FormCorrection[]): Promise<FormReading[]> {
    return this.#call("correctForm", pages, corrections);
  }

  exportForm(form: FormTemplate, pages: FormReading[], format: FormFormat): Promise<string> {
    return this.#call("exportForm", form, pages, format);
  }

  model(): Promise<Record<string, unknown>> {
    return this.#call("model");
  }
}
