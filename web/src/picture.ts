// Pictures: dropped, pasted, chosen or photographed, read page by page.

import { announce, byId, make, on, reasonOf } from "./dom";
import { counts } from "./reading";
import { Sheet } from "./sheet";
import { stageName, t } from "./strings";
import type { Backend, PageReading, ReadOptions, Stage, Tools } from "./types";

/** The longer side of the picture on the screen, in pixels. */
const SHOWN_SIDE = 2400;

export interface PictureEvents {
  read(pages: PageReading[] | undefined): void;
  corrected(pages: PageReading[]): void;
}

export class PicturePanel {
  readonly sheet: Sheet;
  #file: { bytes: Uint8Array<ArrayBuffer>; name: string } | undefined;
  #pages: PageReading[] = [];
  #page = 0;
  /** Counts files: the answer to an earlier one comes too late. */
  #turn = 0;

  constructor(
    readonly backend: () => Backend,
    readonly tools: Tools,
    readonly events: PictureEvents,
  ) {
    this.sheet = new Sheet({
      corrected: ({ field, digit }, value) => void this.#correct(field, digit, value),
    });
    for (const id of ["file", "camera"]) {
      on(id, "change", (event) => {
        const input = event.target as HTMLInputElement;
        void this.#take(input.files?.[0]);
        input.value = ""; // the same file can be chosen again
      });
    }
    on("ink", "change", () => this.again());
    on("page", "change", (event) => void this.#show(Number((event.target as HTMLSelectElement).value)));
    on("stages", "toggle", () => void this.#showStages());
    this.#listenForDrops();
    document.addEventListener("paste", (event) => void this.#take(event.clipboardData?.files[0]));
  }

  #listenForDrops(): void {
    const drop = byId("drop");
    // Beside the frame too: otherwise the browser opens the file in place of the page.
    for (const type of ["dragover", "dragleave", "drop"] as const) {
      document.addEventListener(type, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", type === "dragover");
        if (type === "drop") void this.#take(event.dataTransfer?.files[0]);
      });
    }
  }

  /** Reads the same file again, with other options or by another backend. */
  again(): void {
    if (this.#file) void this.#read();
  }

  relabel(): void {
    this.sheet.show();
    void this.#showStages();
  }

  async #take(file: File | undefined): Promise<void> {
    if (!file) return;
    this.#file = { bytes: new Uint8Array(await file.arrayBuffer()), name: file.name || "picture" };
    await this.#read();
  }

  #state(text: string): void {
    byId("picture-state").hidden = text === "";
    byId("picture-state").textContent = text;
  }

  async #read(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    const turn = ++this.#turn;
    byId("picture-error").hidden = true;
    byId("picture-result").hidden = true;
    this.#state(t("reading"));
    announce(t("reading"));
    try {
      const options: ReadOptions = { ink: byId<HTMLSelectElement>("ink").value as "auto" };
      const start = performance.now();
      const pages = await this.backend().read(file.bytes, file.name, options);
      const time = performance.now() - start;
      if (turn !== this.#turn) return;
      this.#pages = pages;
      const choice = byId<HTMLSelectElement>("page");
      choice.replaceChildren(
        ...pages.map((page, index) =>
          make("option", { value: String(index) }, t("pageOf", { page: page.page, pages: pages.length })),
        ),
      );
      byId("page-choice").hidden = pages.length < 2;
      await this.#show(0);
      this.#state(`${file.name}: ${t("milliseconds", { value: time.toFixed(0) })}`);
      const first = pages[0];
      if (first) announce(first.fields.length > 0 ? t("summary", counts(first)) : t("noDigits"));
      this.events.read(pages);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#state("");
    const reason = reasonOf(error);
    byId("picture-error").textContent = t("failed", { reason });
    byId("picture-error").hidden = false;
    this.#pages = [];
    this.events.read(undefined);
  }

  async #show(index: number): Promise<void> {
    const page = this.#pages[index];
    const file = this.#file;
    if (!page || !file) return;
    this.#page = index;
    const turn = this.#turn;
    if (page.errors.length > 0) {
      byId("picture-error").textContent = t("failed", { reason: page.errors.join("; ") });
      byId("picture-error").hidden = false;
      return;
    }
    // Where the module does not run, the browser shows the file itself as far as it can.
    const preview = await this.tools
      .preview(file.bytes, file.name, page.page, SHOWN_SIDE)
      .catch(() => ({ png: file.bytes, width: page.width, height: page.height, orientation: 1 }));
    if (turn !== this.#turn) return;
    byId("picture-result").hidden = false;
    this.sheet.open(page, preview);
    await this.#showStages();
  }

  async #correct(field: number, digit: number, value: number | null): Promise<void> {
    const page = this.#page;
    try {
      this.#pages = await this.tools.correct(this.#pages, [{ page, field, digit, value }]);
    } catch (error) {
      announce(t("failed", { reason: reasonOf(error) }));
      return;
    }
    const corrected = this.#pages[page];
    if (corrected) this.sheet.update(corrected);
    this.events.corrected(this.#pages);
  }

  /** The steps from the picture to what the network sees, once somebody wants them. */
  async #showStages(): Promise<void> {
    const details = byId<HTMLDetailsElement>("stages");
    const body = byId("stages-body");
    const [file, page] = [this.#file, this.#pages[this.#page]];
    body.replaceChildren();
    if (!details.open || !file || !page) return;
    const turn = this.#turn;
    body.textContent = t("reading");
    try {
      const stages = await this.tools.stages(file.bytes, file.name, page.page);
      if (turn !== this.#turn) return;
      body.replaceChildren(...stages.map(stageFigure));
    } catch (error) {
      body.textContent = t("failed", { reason: reasonOf(error) });
    }
  }
}

/** A stage with its name in the page's language, and its note, which is English. */
function stageFigure({ name, note, png }: Stage): HTMLElement {
  const title = stageName(name);
  const caption = make("figcaption", {}, make("strong", {}, title), make("span", { lang: "en" }, ` ${note}`));
  if (!png) return make("figure", {}, caption);
  const image = make("img", { alt: title, src: URL.createObjectURL(new Blob([png], { type: "image/png" })) });
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  return make("figure", {}, caption, image);
}
