// The table of a form: a row for each field, its value to be corrected where it stands.

import { announce, byId, make } from "./dom";
import { percent, t } from "./strings";
import type { FormDescription, FormReading, FormValue } from "./types";

/** Corrects a field; the page as it is then, or nothing when it was refused. */
export type Correct = (field: string, value: string | null) => Promise<FormReading | undefined>;

/** A row with what of it changes. */
interface Row {
  row: HTMLTableRowElement;
  input: HTMLInputElement;
  status: HTMLElement;
  note: HTMLElement;
}

export class FormTable {
  #form: FormDescription | undefined;
  #page: FormReading | undefined;
  #index = 0;
  #rows: Row[] = [];
  /** What a person has corrected, as page and field. */
  readonly #corrected = new Set<string>();
  /** The pictures of the fields shown, as addresses. */
  #pictures: string[] = [];

  constructor(readonly correct: Correct) {}

  /** Another scan: nothing of it is corrected yet. */
  forget(): void {
    this.#corrected.clear();
  }

  /** Shows a page; `index` is its number in the scan, from 0. */
  show(form: FormDescription, page: FormReading, index: number): void {
    [this.#form, this.#page, this.#index] = [form, page, index];
    for (const picture of this.#pictures) URL.revokeObjectURL(picture);
    this.#pictures = [];
    const heads = ["formField", "formValue", "formState", "formReadings"] as const;
    const head = make("tr", {}, ...heads.map((name) => make("th", { scope: "col" }, t(name))));
    this.#rows = page.fields.map((value, field) => this.#row(value, field));
    byId("form-table").replaceChildren(
      make("caption", { class: "hidden" }, form.title ?? form.name),
      make("thead", {}, head),
      make("tbody", {}, ...this.#rows.map(({ row }) => row)),
    );
    for (const field of page.fields.keys()) this.#update(field);
    this.#summarize();
  }

  #summarize(): void {
    const fields = this.#page?.fields ?? [];
    const doubtful = fields.filter(({ status }) => status === "review").length;
    byId("form-summary").textContent = t("formSummary", { fields: fields.length, doubtful });
    byId("form-next").hidden = doubtful === 0;
  }

  /** Moves to the next field in doubt, from the one that is being looked at. */
  next(): void {
    const focused = this.#rows.findIndex(({ row }) => row.contains(document.activeElement));
    const doubtful = (at: number) => this.#page?.fields[at]?.status === "review";
    const order = this.#rows.map((_, step) => (focused + 1 + step) % this.#rows.length);
    const next = this.#rows[order.find(doubtful) ?? -1];
    if (!next) {
      announce(t("formDone"));
      return;
    }
    next.input.focus();
    next.input.select();
  }

  #label(field: number): string {
    const { label, name } = this.#form?.fields[field] ?? { label: null, name: "" };
    return label ?? name;
  }

  #row(value: FormValue, field: number): Row {
    const note = make("span", { id: `form-note-${field}`, class: "hint" });
    const input = make("input", {
      type: "text",
      inputmode: "numeric",
      autocomplete: "off",
      spellcheck: "false",
      size: String(Math.max(this.#form?.fields[field]?.most ?? 4, 4)),
      "aria-label": this.#label(field),
      "aria-describedby": `form-status-${field} form-note-${field}`,
      "data-field": value.name,
    });
    const status = make("span", { id: `form-status-${field}`, class: "status" });
    input.addEventListener("input", () => {
      const clean = digits(input.value);
      if (clean !== input.value) input.value = clean;
      this.#checkLength(field);
    });
    input.addEventListener("keydown", (event) => this.#pressed(event, field));
    input.addEventListener("change", () => void this.#accept(field, false));
    const choices = make("td", {}, ...this.#choices(value, field));
    const row = make(
      "tr",
      {},
      make("th", { scope: "row" }, this.#label(field)),
      make("td", {}, input),
      make("td", {}, status, note),
      choices,
    );
    return { row, input, status, note };
  }

  /** The field as it stands on the scan, and its likeliest readings, where it was in doubt. */
  #choices({ picture, readings, reason }: FormValue, field: number): HTMLElement[] {
    if (!picture) return [];
    const address = URL.createObjectURL(new Blob([picture], { type: "image/png" }));
    this.#pictures.push(address);
    const image = make("img", { src: address, alt: t("formPicture", { field: this.#label(field) }) });
    const buttons = readings.map(({ value, probability }) => {
      const label = t("formTake", { field: this.#label(field), value, percent: percent(probability) });
      const button = make("button", { type: "button", "aria-label": label }, `${value} `);
      button.append(make("small", {}, percent(probability)));
      button.addEventListener("click", () => {
        const row = this.#rows[field];
        if (row) row.input.value = value;
        void this.#accept(field, true);
      });
      return button;
    });
    const why = reason === null ? [] : [make("p", { class: "hint", lang: "en" }, reason)];
    return [image, make("div", { class: "doubtful" }, ...buttons), ...why];
  }

  #pressed(event: KeyboardEvent, field: number): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key === "Enter") void this.#accept(field, true);
    else if (event.key === "ArrowDown") this.#pick(field, 1);
    else if (event.key === "ArrowUp") this.#pick(field, -1);
    else return;
    event.preventDefault();
  }

  /** Puts the next or the last of the likeliest readings into the field. */
  #pick(field: number, step: number): void {
    const input = this.#rows[field]?.input;
    const readings = this.#page?.fields[field]?.readings ?? [];
    if (!input || readings.length === 0) return;
    const at = readings.findIndex(({ value }) => value === input.value);
    const reading = readings[at < 0 ? 0 : (at + step + readings.length) % readings.length];
    if (!reading) return;
    input.value = reading.value;
    this.#checkLength(field);
    announce(`${reading.value}, ${percent(reading.probability)}`);
  }

  /** Takes what stands in a field for what is on the paper. */
  async #accept(field: number, goOn: boolean): Promise<void> {
    const [row, page, value] = [this.#rows[field], this.#page, this.#page?.fields[field]];
    if (!row || !page || !value) return;
    const text = row.input.value;
    if (text !== digits(text)) {
      this.#warn(field, t("formNoDigits"));
      return;
    }
    const changed = text !== (value.value ?? "");
    if (!changed && value.status !== "review") {
      if (goOn) this.next();
      return;
    }
    const corrected = await this.correct(value.name, text === "" ? null : text);
    if (!corrected || this.#page !== page) return;
    this.#page = corrected;
    this.#corrected.add(`${this.#index}/${field}`);
    this.#update(field);
    this.#summarize();
    const left = corrected.fields.filter(({ status }) => status === "review").length;
    const told = t("formAccepted", { field: this.#label(field), value: text === "" ? t("empty") : text, left });
    announce(told);
    if (goOn && left > 0) this.next();
  }

  /** Shows a field as it is now. */
  #update(field: number): void {
    const [row, value] = [this.#rows[field], this.#page?.fields[field]];
    if (!row || !value) return;
    const corrected = this.#corrected.has(`${this.#index}/${field}`);
    row.row.className = corrected ? "corrected" : value.status;
    row.input.value = value.value ?? "";
    const names = { ok: "statusOk", review: "statusReview", blank: "statusBlank" } as const;
    const sure = value.value === null || corrected ? "" : ` ${percent(value.probability)}`;
    row.status.textContent = t(corrected ? "corrected" : names[value.status]) + sure;
    this.#checkLength(field);
  }

  /** Tells when there are more or fewer digits than the template says. */
  #checkLength(field: number): void {
    const [row, wanted] = [this.#rows[field], this.#form?.fields[field]];
    if (!row || !wanted) return;
    const { length } = row.input.value;
    const fits = length === 0 || (length >= wanted.least && length <= wanted.most);
    const range = wanted.least === wanted.most ? String(wanted.most) : `${wanted.least}–${wanted.most}`;
    this.#warn(field, fits ? "" : t("formLength", { length, wanted: range }));
  }

  #warn(field: number, text: string): void {
    const row = this.#rows[field];
    if (!row) return;
    row.note.textContent = text === "" ? "" : ` ${text}`;
    row.input.setAttribute("aria-invalid", String(text !== ""));
    if (text !== "" && document.activeElement === row.input) announce(text);
  }
}

/** Digits in ASCII, whichever script they were typed in; anything else is left out. */
function digits(text: string): string {
  return text
    .replace(/[\u0ce6-\u0cef]/g, (digit) => String(digit.charCodeAt(0) - 0x0ce6))
    .replace(/[^0-9]/g, "");
}
