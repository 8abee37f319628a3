// Drawing: strokes are read while they are drawn.

import { announce, byId, make, on, reasonOf } from "./dom";
import { Pad } from "./pad";
import { digitCard, textOf } from "./reading";
import { t } from "./strings";
import type { Backend, PageReading, Stroke } from "./types";

/** A reading is announced when nothing more was drawn for so long. */
const PAUSE = 700;

export interface DrawEvents {
  /** A drawing was read, or there is none any more. */
  read(page: PageReading | undefined): void;
  /** The pen rests: a reading is final so far. */
  rested(page: PageReading): void;
}

export class DrawPanel {
  readonly pad: Pad;
  #page: PageReading | undefined;
  #error: string | undefined;
  #time = 0;
  #waiting: Stroke[] | undefined;
  #busy = false;
  /** Whether a stroke may be several digits. */
  #joined = false;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly backend: () => Backend,
    readonly events: DrawEvents,
  ) {
    this.pad = new Pad(byId<HTMLCanvasElement>("surface"), {
      changed: (strokes) => this.#changed(strokes),
      pen: (down) => announce(t(down ? "penDown" : "penUp")),
      cleared: () => announce(t("cleared")),
    });
    on("undo", "click", () => this.pad.undo());
    on("clear", "click", () => this.pad.clear());
    on("writing", "change", (event) => {
      const { value } = event.target as HTMLSelectElement;
      this.#joined = value !== "lifted";
      this.pad.air = value === "air";
      this.again();
    });
    this.show();
  }

  /** Reads the strokes again, by another backend. */
  again(): void {
    if (this.pad.strokes.length > 0) this.#changed(this.pad.strokes);
  }

  #changed(strokes: Stroke[]): void {
    clearTimeout(this.#pause);
    this.#waiting = strokes.map((stroke) => [...stroke]);
    void this.#run();
  }

  /** One reading at a time, always of the newest strokes. */
  async #run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let strokes = this.#waiting; strokes; strokes = this.#waiting) {
        this.#waiting = undefined;
        await this.#read(strokes);
      }
    } finally {
      this.#busy = false;
    }
  }

  async #read(strokes: Stroke[]): Promise<void> {
    this.#error = this.#page = undefined;
    if (strokes.length > 0) {
      const start = performance.now();
      try {
        this.#page = await this.backend().readStrokes(strokes, this.#joined, "drawing");
      } catch (error) {
        this.#error = reasonOf(error);
      }
      this.#time = performance.now() - start;
    }
    this.show();
    this.events.read(this.#page);
    const page = this.#page;
    clearTimeout(this.#pause);
    if (page) this.#pause = setTimeout(() => this.#rest(page), PAUSE);
  }

  #rest(page: PageReading): void {
    announce(page.fields.length > 0 ? t("readAs", { text: textOf(page, "ascii") }) : t("drawNothing"));
    this.events.rested(page);
  }

  show(): void {
    const result = byId("draw-result");
    const page = this.#page;
    result.dataset["digits"] = page ? textOf(page, "ascii") : "";
    if (this.#error !== undefined) {
      result.replaceChildren(make("p", { class: "error", role: "alert" }, t("failed", { reason: this.#error })));
    } else if (!page) {
      result.replaceChildren(make("p", { class: "hint" }, t("drawEmpty")));
    } else if (page.fields.length === 0) {
      result.replaceChildren(make("p", {}, t("drawNothing")));
    } else {
      const number = make("p", { class: "number" }, make("span", { lang: "kn" }, textOf(page, "text")), " ");
      number.append(make("small", {}, textOf(page, "ascii")));
      const cards = page.fields.flatMap((field) => field.digits).map(digitCard);
      const time = t("milliseconds", { value: this.#time.toFixed(0) });
      result.replaceChildren(number, make("ul", { class: "digits" }, ...cards), make("p", { class: "hint" }, time));
    }
  }
}
