// Forms: a template is chosen or opened, a scan of it read into a table.

import marksSheet from "../../examples/forms/marks-sheet.toml?raw";
import payingInSlip from "../../examples/forms/paying-in-slip.toml?raw";
import pinEnvelope from "../../examples/forms/pin-envelope.toml?raw";
import taxForm from "../../examples/forms/tax-form.toml?raw";
import { announce, byId, download, make, on, reasonOf } from "./dom";
import { FormTable } from "./form-table";
import { ServerBackend, type ServerTemplate } from "./server";
import { t } from "./strings";
import type { Backend, FormDescription, FormFormat, FormReading, FormTemplate, Tools } from "./types";

/** The forms of `examples/forms`, with their titles. */
const BUILT_IN: [string, string, string][] = [
  ["marks-sheet", "ಅಂಕ ಪಟ್ಟಿ – Marks sheet", marksSheet],
  ["paying-in-slip", "ಹಣ ಜಮಾ ಚೀಟಿ – Paying-in slip", payingInSlip],
  ["pin-envelope", "ಅಂಚೆ ಸೂಚಿ – Postal code", pinEnvelope],
  ["tax-form", "ಆದಾಯ ತೆರಿಗೆ – Income tax", taxForm],
];

export class FormPanel {
  readonly #table: FormTable;
  #template: FormTemplate | ServerTemplate | undefined;
  #form: FormDescription | undefined;
  #file: { bytes: Uint8Array<ArrayBuffer>; name: string } | undefined;
  #pages: FormReading[] = [];
  #page = 0;
  /** Templates that were opened or that the server has, by the value of their choice. */
  readonly #others = new Map<string, { title: string; template: () => Promise<FormTemplate> }>();
  /** Counts readings: the answer to an earlier one comes too late. */
  #turn = 0;

  constructor(
    readonly backend: () => Backend,
    readonly tools: Tools & Backend,
  ) {
    this.#table = new FormTable((field, value) => this.#correct(field, value));
    on("form-template", "change", (event) => void this.#choose((event.target as HTMLSelectElement).value));
    this.#onFile("form-template-file", (file) => this.#open(file));
    this.#onFile("form-file", (file) => this.#take(file));
    on("form-review", "change", () => this.again());
    on("form-page", "change", (event) => this.#show(Number((event.target as HTMLSelectElement).value)));
    on("form-next", "click", () => this.#table.next());
    for (const format of ["csv", "json"] as const) on(`form-${format}`, "click", () => void this.#download(format));
    this.#listenForDrops();
  }

  #onFile(id: string, take: (file: File) => Promise<void>): void {
    on(id, "change", (event) => {
      const input = event.target as HTMLInputElement;
      const file = input.files?.[0];
      if (file) void take(file);
      input.value = ""; // the same file can be chosen again
    });
  }

  /** What is dropped here is a template or a scan of a form; elsewhere on the page it is any picture. */
  #listenForDrops(): void {
    const panel = byId("form-panel");
    for (const type of ["dragover", "drop"] as const) {
      panel.addEventListener(type, (event) => {
        event.preventDefault();
        event.stopPropagation();
        const file = type === "drop" ? event.dataTransfer?.files[0] : undefined;
        if (file) void (/\.toml$/i.test(file.name) ? this.#open(file) : this.#take(file));
      });
    }
  }

  /** The server's forms can be chosen too. */
  offer(forms: { name: string; title: string | null }[]): void {
    for (const { name, title } of forms) {
      this.#others.set(`server/${name}`, { title: title ?? name, template: () => ServerBackend.template(name) });
    }
    this.relabel();
  }

  /** Reads the same scan again, with another template or by another backend. */
  again(): void {
    if (this.#file && this.#template) void this.#read();
  }

  /** Shows everything in the page's language. */
  relabel(): void {
    const choice = byId<HTMLSelectElement>("form-template");
    const chosen = choice.value;
    const option = (value: string, title: string) => make("option", { value }, title);
    const group = (label: string, of: string) => {
      const options = [...this.#others].filter(([value]) => value.startsWith(of));
      return make("optgroup", { label }, ...options.map(([value, { title }]) => option(value, title)));
    };
    const examples = make("optgroup", { label: t("formExamples") });
    examples.append(...BUILT_IN.map(([name, title]) => option(`example/${name}`, title)));
    const groups = [group(t("formServer"), "server/"), group(t("formOpened"), "file/"), examples];
    choice.replaceChildren(option("", t("formNone")), ...groups.filter((group) => group.childElementCount > 0));
    choice.value = chosen;
    if (this.#pages.length > 0) this.#show(this.#page);
  }

  async #choose(value: string): Promise<void> {
    const example = BUILT_IN.find(([name]) => value === `example/${name}`);
    const template = example
      ? async () => ({ text: example[2], name: `${example[0]}.toml` })
      : this.#others.get(value)?.template;
    this.#template = this.#form = undefined;
    this.#clear();
    if (!template) return;
    const turn = ++this.#turn;
    try {
      const chosen = await template();
      const form = await this.tools.describeForm(chosen);
      if (turn !== this.#turn) return;
      [this.#template, this.#form] = [chosen, form];
      if (this.#file) return await this.#read();
      const state = t("formReady", { form: form.title ?? form.name, fields: form.fields.length });
      this.#state(state);
      announce(state);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  async #open(file: File): Promise<void> {
    const value = `file/${file.name}`;
    const text = await file.text();
    this.#others.set(value, { title: file.name, template: async () => ({ text, name: file.name }) });
    this.relabel();
    byId<HTMLSelectElement>("form-template").value = value;
    await this.#choose(value);
  }

  async #take(file: File): Promise<void> {
    this.#file = { bytes: new Uint8Array(await file.arrayBuffer()), name: file.name || "picture" };
    if (this.#template) return this.#read();
    this.#clear();
    this.#fail(t("formFirst"));
  }

  #clear(): void {
    this.#pages = [];
    this.#state("");
    byId("form-error").hidden = true;
    byId("form-result").hidden = true;
  }

  #state(text: string): void {
    byId("form-state").hidden = text === "";
    byId("form-state").textContent = text;
  }

  #fail(error: unknown): void {
    this.#state("");
    byId("form-error").textContent = typeof error === "string" ? error : t("failed", { reason: reasonOf(error) });
    byId("form-error").hidden = false;
  }

  async #read(): Promise<void> {
    const [file, template] = [this.#file, this.#template];
    if (!file || !template) return;
    const turn = ++this.#turn;
    this.#clear();
    this.#state(t("reading"));
    announce(t("reading"));
    // A template of this device is read on this device.
    const by = "onServer" in template ? this.backend() : this.tools;
    const options = { reviewBelow: Number(byId<HTMLSelectElement>("form-review").value) };
    try {
      const start = performance.now();
      const pages = await by.readForm(template, file.bytes, file.name, options);
      const time = performance.now() - start;
      if (turn !== this.#turn) return;
      this.#pages = pages;
      this.#table.forget();
      const choice = byId<HTMLSelectElement>("form-page");
      choice.replaceChildren(
        ...pages.map(({ page }, index) =>
          make("option", { value: String(index) }, t("pageOf", { page, pages: pages.length })),
        ),
      );
      byId("form-page-choice").hidden = pages.length < 2;
      this.#show(0);
      const where = by.kind === this.backend().kind ? "" : ` ${t("formHere")}`;
      this.#state(`${file.name}: ${t("milliseconds", { value: time.toFixed(0) })}.${where}`);
      announce(byId("form-error").hidden ? (byId("form-summary").textContent ?? "") : "");
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  #show(index: number): void {
    const [page, form] = [this.#pages[index], this.#form];
    if (!page || !form) return;
    this.#page = index;
    byId("form-error").hidden = page.error === null;
    byId("form-error").textContent = page.error === null ? "" : t("failed", { reason: page.error });
    byId("form-result").hidden = page.error !== null && this.#pages.length < 2;
    this.#table.show(form, page, index);
  }

  /** The page as it is then, or nothing when the correction was refused. */
  async #correct(field: string, value: string | null): Promise<FormReading | undefined> {
    const page = this.#page;
    try {
      this.#pages = await this.tools.correctForm(this.#pages, [{ page, field, value }]);
      return this.#pages[page];
    } catch (error) {
      announce(t("failed", { reason: reasonOf(error) }));
      return undefined;
    }
  }

  async #download(format: FormFormat): Promise<void> {
    const [template, pages] = [this.#template, this.#pages];
    if (!template || pages.length === 0) return;
    const text = await this.tools.exportForm(template, pages, format);
    const stem = (pages[0]?.source ?? "form").replace(/\.[^.]*$/, "");
    if (format === "csv") download(text, `${stem}.csv`, "text/csv");
    else download(text, `${stem}.jsonl`, "application/json");
  }
}
