// The surface to draw on: mouse, finger, pen, or the arrow keys.

import type { Stroke } from "./types";

/** Steps of the arrow keys, in pixels of the surface. */
const STEP = 10;
const SMALL_STEP = 2;
/** Width of the line on the screen; what is read is drawn anew from the strokes. */
const LINE_WIDTH = 8;

export interface PadEvents {
  /** A point came, or a stroke went: the strokes are to be read again. */
  changed(strokes: Stroke[]): void;
  /** The pen of the keyboard was put down or lifted. */
  pen(down: boolean): void;
  cleared(): void;
}

export class Pad {
  readonly strokes: Stroke[] = [];
  /** Whether the pointer writes without being pressed, the whole movement as one stroke. */
  #air = false;
  #open: Stroke | undefined;
  #pointer: number | undefined;
  #key: { x: number; y: number; down: boolean } | undefined;
  readonly #context: CanvasRenderingContext2D;

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly events: PadEvents,
  ) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no surface to draw on");
    this.#context = context;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel", "pointerleave"] as const) {
      canvas.addEventListener(type, (event) => this.#up(event));
    }
    canvas.addEventListener("keydown", (event) => this.#pressed(event));
    canvas.addEventListener("blur", () => this.#liftKey());
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  get air(): boolean {
    return this.#air;
  }

  set air(air: boolean) {
    this.#air = air;
    this.#open = undefined;
  }

  undo(): void {
    this.#open = undefined;
    this.strokes.pop();
    this.#changed();
  }

  clear(): void {
    this.#open = undefined;
    this.strokes.length = 0;
    this.#changed();
    this.events.cleared();
  }

  #changed(): void {
    this.redraw();
    this.events.changed(this.strokes);
  }

  #begin(point: [number, number]): void {
    this.#open = [point];
    this.strokes.push(this.#open);
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    if (this.#air) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#begin([event.offsetX, event.offsetY]);
    this.#changed();
  }

  #move(event: PointerEvent): void {
    if (this.#air) {
      if (!this.#open) this.#begin([event.offsetX, event.offsetY]);
    } else if (event.pointerId !== this.#pointer) {
      return;
    }
    // All positions since the last event, not only the newest: quick strokes stay round.
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length > 0 ? moves : [event]) this.#open?.push([move.offsetX, move.offsetY]);
    this.#changed();
  }

  #up(event: PointerEvent): void {
    if (this.#air ? event.type === "pointerleave" : event.pointerId === this.#pointer) {
      this.#pointer = undefined;
      this.#open = undefined;
    }
  }

  #liftKey(): void {
    if (this.#key?.down) {
      this.#key.down = false;
      this.#open = undefined;
      this.redraw();
    }
  }

  #pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.shiftKey ? SMALL_STEP : STEP;
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const move = moves[event.key];
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.#key ??= { x: Math.round(width / 4), y: Math.round(height / 2), down: false };
    const key = this.#key;
    if (move) {
      key.x = Math.min(Math.max(key.x + move[0], 0), width);
      key.y = Math.min(Math.max(key.y + move[1], 0), height);
      if (key.down) this.#open?.push([key.x, key.y]);
    } else if (event.key === " ") {
      key.down = !key.down;
      if (key.down) this.#begin([key.x, key.y]);
      else this.#open = undefined;
      this.events.pen(key.down);
    } else if (event.key === "Backspace") {
      key.down = false;
      this.undo();
    } else if (event.key === "Escape") {
      key.down = false;
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
    if (key.down) this.#changed();
    else this.redraw();
  }

  #resize(): void {
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.canvas.clientWidth * scale);
    this.canvas.height = Math.round(this.canvas.clientHeight * scale);
    this.redraw();
  }

  redraw(): void {
    const { canvas } = this;
    const context = this.#context;
    const scale = window.devicePixelRatio || 1;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = LINE_WIDTH;
    context.strokeStyle = getComputedStyle(canvas).color;
    for (const stroke of this.strokes) {
      const [first, ...rest] = stroke;
      if (!first) continue;
      context.beginPath();
      context.moveTo(...first);
      context.lineTo(...first);
      for (const point of rest) context.lineTo(...point);
      context.stroke();
    }
    if (this.#key && document.activeElement === canvas) {
      context.lineWidth = 2;
      context.beginPath();
      context.arc(this.#key.x, this.#key.y, this.#key.down ? 6 : 12, 0, 2 * Math.PI);
      context.stroke();
    }
  }
}
