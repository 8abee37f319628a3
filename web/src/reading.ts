// Readings as the page shows them.

import { make } from "./dom";
import { kannada, percent, t } from "./strings";
import type { DigitReading, FieldReading, PageReading } from "./types";

/** A digit in both scripts, or the word for nothing. */
export function digitName(digit: number | null): string {
  return digit === null ? t("empty") : `${kannada(digit)} (${digit})`;
}

export function statusName(digit: DigitReading): string {
  return t(digit.status === "ok" ? "statusOk" : digit.status === "review" ? "statusReview" : "statusBlank");
}

/** Where a digit stands, for people. */
export function placeName(page: PageReading, field: number, digit: DigitReading): string {
  const place =
    page.fields[field]?.kind === "grid"
      ? t("place", { row: digit.row + 1, column: digit.column + 1 })
      : t("placeNumber", { column: digit.column + 1 });
  return page.fields.length > 1 ? t("inField", { field: field + 1, place }) : place;
}

/** A digit with its probability and runners-up. */
export function digitCard(digit: DigitReading): HTMLElement {
  const guesses = make("dl", { class: "guesses" });
  const all: [number, number][] =
    digit.digit === null ? [] : [[digit.digit, digit.probability], ...digit.alternatives];
  for (const [value, probability] of all) {
    const meter = make("meter", {
      min: "0",
      max: "1",
      value: String(probability),
      "aria-label": digitName(value),
    });
    guesses.append(
      make("dt", {}, digitName(value)),
      make("dd", {}, meter),
      make("dd", {}, percent(probability)),
    );
  }
  const name = make("strong", {}, digitName(digit.digit));
  const status = make("span", { class: "status" }, statusName(digit));
  return make("li", { class: `digit ${digit.status}` }, name, " ", status, guesses);
}

/** The texts of all fields, one line for each row. */
export function textOf(page: PageReading, script: "text" | "ascii"): string {
  return page.fields.map((field: FieldReading) => field[script]).join("\n");
}

/** How many digits there are, in doubt and blank. */
export function counts(page: PageReading): { digits: number; doubtful: number; blank: number } {
  const all = page.fields.flatMap((field) => field.digits);
  const of = (status: DigitReading["status"]) => all.filter((digit) => digit.status === status).length;
  return { digits: all.length - of("blank"), doubtful: of("review"), blank: of("blank") };
}
