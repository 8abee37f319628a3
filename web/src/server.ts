// A server's recogniser: the one that this page comes from.

import type { Backend, PageReading, ReadOptions, Stroke } from "./types";
import { parsePages } from "./types";

/** An address below the page's own: the page may lie on any path. */
function address(path: string): URL {
  return new URL(path, document.baseURI);
}

/** The reason in a server's answer (`application/problem+json`), or its status. */
async function reason(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  try {
    return (JSON.parse(text) as { detail?: string }).detail ?? text;
  } catch {
    return text || `${response.status} ${response.statusText}`;
  }
}

export class ServerBackend implements Backend {
  readonly kind = "server";

  /** Whether a server that reads is behind this page; a host of static files is none. */
  static async found(): Promise<boolean> {
    try {
      const response = await fetch(address("v1/model"), { headers: { accept: "application/json" } });
      if (!response.ok || !(response.headers.get("content-type") ?? "").includes("json")) return false;
      await response.json();
      return true;
    } catch {
      return false;
    }
  }

  async read(bytes: Uint8Array<ArrayBuffer>, name: string, options: ReadOptions): Promise<PageReading[]> {
    const url = address("v1/read");
    url.searchParams.set("format", "json");
    url.searchParams.set("source", name);
    for (const [option, value] of serverOptions(options)) url.searchParams.set(option, value);
    return parsePages(await post(url, new Blob([bytes]), "application/octet-stream"));
  }

  /**
   * Strokes are drawn as ink on paper here and read as any other picture; the boxes of the reading are
   * in pixels of the surface. A number without lifting the pen is read as ink that hangs together.
   */
  async readStrokes(strokes: Stroke[], _joined: boolean, name: string): Promise<PageReading> {
    const [page] = await this.read(await drawn(strokes), name, { ink: "dark" });
    if (!page) throw new Error("the server gave no page");
    return page;
  }
}

/** Width of the line in pixels of the surface: that of the page's own surface. */
const LINE_WIDTH = 8;

/** Strokes as a PNG, black on white, its upper left corner that of the surface. */
async function drawn(strokes: Stroke[]): Promise<Uint8Array<ArrayBuffer>> {
  const points = strokes.flat();
  const side = (axis: 0 | 1) => Math.ceil(points.reduce((most, point) => Math.max(most, point[axis]), 0)) + 2 * LINE_WIDTH;
  const canvas = new OffscreenCanvas(side(0), side(1));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no surface to draw on");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = LINE_WIDTH;
  for (const [first, ...rest] of strokes) {
    if (!first) continue;
    context.beginPath();
    context.moveTo(...first);
    context.lineTo(...first);
    for (const point of rest) context.lineTo(...point);
    context.stroke();
  }
  return new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
}

/** Names as on the command line. */
function serverOptions(options: ReadOptions): [string, string][] {
  const pairs: [string, string | number | undefined][] = [
    ["ink", options.ink],
    ["review_below", options.reviewBelow],
    ["max_error", options.maxError],
  ];
  return pairs.filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]);
}

async function post(url: URL, body: BodyInit, type: string): Promise<string> {
  const response = await fetch(url, { method: "POST", body, headers: { "content-type": type } });
  if (!response.ok) throw new Error(await reason(response));
  return response.text();
}
