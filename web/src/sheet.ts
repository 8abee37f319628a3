// A read page: the picture with a box for each digit, which can be chosen and corrected.

import { announce, byId, make, makeSvg } from "./dom";
import { upright } from "./orientation";
import { counts, digitCard, digitName, placeName, statusName, textOf } from "./reading";
import { percent, t } from "./strings";
import type { Box, DigitReading, PageReading, Preview } from "./types";

/** The list of doubtful digits is not longer: each can be reached on the page. */
const MOST_DOUBTFUL = 200;

/** A digit of the page: its field and its place in the field. */
interface Place {
  field: number;
  digit: number;
}

export interface SheetEvents {
  corrected(place: Place, value: number | null): void;
}

export class Sheet {
  #page: PageReading | undefined;
  #preview: Preview | undefined;
  #image: string | undefined;
  #boxes: { place: Place; box: SVGElement; bounds: Box }[] = [];
  #chosen = -1;
  readonly #corrected = new Set<string>();

  constructor(readonly events: SheetEvents) {
    const overlay = byId("overlay");
    overlay.addEventListener("keydown", (event) => this.#pressed(event as KeyboardEvent));
    overlay.addEventListener("click", (event) => {
      const index = this.#boxes.findIndex(({ box }) => box === event.target);
      if (index >= 0) this.#choose(index, true);
    });
  }

  /** Shows another page. */
  open(page: PageReading, preview: Preview): void {
    if (this.#image) URL.revokeObjectURL(this.#image);
    this.#image = URL.createObjectURL(new Blob([preview.png], { type: "image/png" }));
    this.#page = page;
    this.#preview = preview;
    this.#chosen = -1;
    this.#corrected.clear();
    this.show();
  }

  /** Shows the same page after a correction. */
  update(page: PageReading): void {
    const focused = document.activeElement?.closest("#overlay, #chosen-body")?.id;
    this.#page = page;
    this.show();
    if (focused === "overlay") this.#focus();
    else if (focused) byId("chosen-body").querySelector("button")?.focus();
  }

  show(): void {
    const [page, preview, image] = [this.#page, this.#preview, this.#image];
    if (!page || !preview || !image) return;
    const { width, height } = preview;
    const overlay = byId<SVGSVGElement>("overlay");
    overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    overlay.replaceChildren(makeSvg("image", { href: image, width, height, "aria-hidden": "true" }));
    this.#boxes = [];
    for (const [field, { digits }] of page.fields.entries()) {
      for (const [digit, reading] of digits.entries()) {
        const bounds = upright(reading.box, preview.orientation, width, height);
        const [x, y, w, h] = bounds;
        const box = makeSvg("rect", { x, y, width: w, height: h, role: "button", tabindex: -1 });
        const corrected = this.#corrected.has(`${field}/${digit}`);
        box.setAttribute("class", corrected ? "corrected" : reading.status);
        box.setAttribute("aria-label", this.#describe(field, reading, corrected));
        this.#boxes.push({ place: { field, digit }, box, bounds });
        overlay.append(box);
      }
    }
    (this.#boxes[Math.max(this.#chosen, 0)]?.box)?.setAttribute("tabindex", "0");
    if (this.#chosen >= 0) this.#boxes[this.#chosen]?.box.setAttribute("aria-pressed", "true");
    this.#showTexts(page);
    this.#showDoubtful(page);
    this.#showChosen();
  }

  #describe(field: number, reading: DigitReading, corrected: boolean): string {
    const page = this.#page as PageReading;
    const state = corrected ? t("corrected") : statusName(reading);
    const sure = reading.digit === null ? "" : ` ${percent(reading.probability)},`;
    return `${placeName(page, field, reading)}: ${digitName(reading.digit)},${sure} ${state}`;
  }

  #showTexts(page: PageReading): void {
    const summary = page.fields.length > 0 ? t("summary", counts(page)) : t("noDigits");
    byId("page-summary").textContent = summary;
    byId("reading-text").replaceChildren(
      make("pre", { lang: "kn", tabindex: "0" }, textOf(page, "text")),
    );
  }

  #showDoubtful(page: PageReading): void {
    const list = byId("doubtful");
    list.replaceChildren();
    for (const [index, { place }] of this.#boxes.entries()) {
      const reading = page.fields[place.field]?.digits[place.digit];
      if (reading?.status !== "review" || list.childElementCount >= MOST_DOUBTFUL) continue;
      const label = `${digitName(reading.digit)} ${percent(reading.probability)}`;
      const button = make("button", { type: "button", "aria-label": this.#describe(place.field, reading, false) }, label);
      button.addEventListener("click", () => {
        this.#choose(index, false);
        byId("chosen-body").querySelector("button")?.focus();
      });
      list.append(button);
    }
    if (list.childElementCount === 0) list.append(make("p", { class: "hint" }, t("doubtfulNone")));
  }

  #showChosen(): void {
    const body = byId("chosen-body");
    const chosen = this.#boxes[this.#chosen];
    const page = this.#page as PageReading;
    const reading = chosen && page.fields[chosen.place.field]?.digits[chosen.place.digit];
    if (!chosen || !reading) {
      body.replaceChildren(make("p", { class: "hint" }, t("chosenNone")));
      return;
    }
    const keys = make("div", { class: "keys" });
    for (const value of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, null]) {
      const name = value === null ? t("correctEmpty") : digitName(value);
      const label = t("correctTo", { digit: name });
      const button = make("button", { type: "button", "aria-label": label }, name);
      if (value === null) button.className = "empty";
      button.addEventListener("click", () => this.#correct(value));
      keys.append(button);
    }
    const place = make("p", {}, placeName(page, chosen.place.field, reading));
    const card = make("ul", { class: "digits" }, digitCard(reading));
    body.replaceChildren(place, this.#crop(chosen.bounds), card, keys);
  }

  /** The digit alone, enlarged. */
  #crop([x, y, w, h]: Box): Node {
    const preview = this.#preview as Preview;
    const margin = Math.max(w, h) * 0.15;
    const view = [x - margin, y - margin, w + 2 * margin, h + 2 * margin].join(" ");
    const crop = makeSvg("svg", { viewBox: view, class: "crop", "aria-hidden": "true" });
    crop.append(makeSvg("image", { href: this.#image ?? "", width: preview.width, height: preview.height }));
    return crop;
  }

  #choose(index: number, focus: boolean): void {
    this.#boxes[Math.max(this.#chosen, 0)]?.box.setAttribute("tabindex", "-1");
    this.#boxes[this.#chosen]?.box.removeAttribute("aria-pressed");
    this.#chosen = index;
    this.#boxes[index]?.box.setAttribute("tabindex", "0");
    this.#boxes[index]?.box.setAttribute("aria-pressed", "true");
    this.#showChosen();
    if (focus) this.#focus();
  }

  #focus(): void {
    (this.#boxes[Math.max(this.#chosen, 0)]?.box as SVGElement | undefined)?.focus();
  }

  #correct(value: number | null): void {
    const chosen = this.#boxes[this.#chosen];
    const page = this.#page;
    const reading = chosen && page?.fields[chosen.place.field]?.digits[chosen.place.digit];
    if (!chosen || !page || !reading) return;
    this.#corrected.add(`${chosen.place.field}/${chosen.place.digit}`);
    announce(
      t("correctedTo", {
        place: placeName(page, chosen.place.field, reading),
        digit: value === null ? t("correctEmpty") : digitName(value),
      }),
    );
    this.events.corrected(chosen.place, value);
  }

  #pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const from = Math.max(this.#boxes.findIndex(({ box }) => box === document.activeElement), 0);
    const to = this.#neighbour(from, event.key);
    if (to !== undefined) {
      this.#choose(to, true);
    } else if (/^[0-9]$/.test(event.key)) {
      this.#choose(from, true);
      this.#correct(Number(event.key));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.#choose(from, true);
      this.#correct(null);
    } else if (event.key === "Enter" || event.key === " ") {
      this.#choose(from, false);
      byId("chosen-body").querySelector("button")?.focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  /** The nearest box in an arrow's direction, the first or the last. */
  #neighbour(from: number, key: string): number | undefined {
    if (key === "Home") return 0;
    if (key === "End") return this.#boxes.length - 1;
    const directions: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const direction = directions[key];
    const start = this.#boxes[from];
    if (!direction || !start) return undefined;
    const middle = ([x, y, w, h]: Box): [number, number] => [x + w / 2, y + h / 2];
    const [startX, startY] = middle(start.bounds);
    let best = from;
    let least = Infinity;
    for (const [index, { bounds }] of this.#boxes.entries()) {
      const [x, y] = middle(bounds);
      const along = (x - startX) * direction[0] + (y - startY) * direction[1];
      const across = Math.abs((x - startX) * direction[1]) + Math.abs((y - startY) * direction[0]);
      const distance = along + 3 * across;
      if (along > 1 && across < 2 * along && distance < least) [best, least] = [index, distance];
    }
    return best;
  }
}
