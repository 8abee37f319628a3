// A server's recogniser: the one that this page comes from.

import type { Backend, FormOptions, FormReading, FormTemplate, PageReading, ReadOptions, Stroke } from "./types";
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

  async readStrokes(strokes: Stroke[], joined: boolean, name: string): Promise<PageReading> {
    const url = address("v1/strokes");
    url.searchParams.set("source", name);
    const [page] = parsePages<PageReading>(await post(url, JSON.stringify({ strokes, joined }), "application/json"));
    if (!page) throw new Error("the server gave no page");
    return page;
  }

  /** The forms that the server knows; none when it was given no templates. */
  static async forms(): Promise<{ name: string; title: string | null }[]> {
    try {
      const response = await fetch(address("v1/forms"));
      if (!response.ok) return [];
      return ((await response.json()) as { forms: { name: string; title: string | null }[] }).forms;
    } catch {
      return [];
    }
  }

  /** The template of a form that the server knows. */
  static async template(name: string): Promise<ServerTemplate> {
    const response = await fetch(formAddress(name));
    if (!response.ok) throw new Error(await reason(response));
    return { text: await response.text(), name: `${name}.toml`, onServer: name };
  }

  async readForm(
    form: FormTemplate | ServerTemplate,
    bytes: Uint8Array<ArrayBuffer>,
    name: string,
    options: FormOptions,
  ): Promise<FormReading[]> {
    if (!("onServer" in form)) throw new Error(`the server does not know the form ${form.name}`);
    const url = formAddress(form.onServer);
    url.searchParams.set("pictures", "true");
    url.searchParams.set("source", name);
    if (options.reviewBelow !== undefined) url.searchParams.set("review_below", String(options.reviewBelow));
    const pages = parsePages<FormReading>(await post(url, new Blob([bytes]), "application/octet-stream"));
    for (const value of pages.flatMap(({ fields }) => fields)) {
      // In the server's JSON it is base64.
      const encoded = value.picture as unknown as string | undefined;
      value.picture = encoded === undefined ? undefined : Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
    }
    return pages;
  }
}

/** A template that the server knows too, by its name there. */
export interface ServerTemplate extends FormTemplate {
  onServer: string;
}

function formAddress(name: string): URL {
  return address(`v1/forms/${encodeURIComponent(name)}`);
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
