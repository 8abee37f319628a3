// Puts the page together.

import { announce, byId, download, on, reasonOf } from "./dom";
import { DrawPanel } from "./draw";
import { FormPanel } from "./form";
import { PicturePanel } from "./picture";
import { textOf } from "./reading";
import { ServerBackend } from "./server";
import { canSpeak, speak } from "./speech";
import { setLanguage, startLanguage, t, type Language } from "./strings";
import type { Backend, ExportFormat, PageReading } from "./types";
import { WasmBackend } from "./wasm";
import { recall, remember } from "./memory";

const wasm = new WasmBackend();
const server = new ServerBackend();
let backend: Backend = wasm;
/** What was read last: it is exported and spoken. */
let current: PageReading[] | undefined;
/** Why the module does not run here, if it does not. */
let engineError: string | undefined;

function take(pages: PageReading[] | undefined): void {
  current = pages?.some((page) => page.fields.length > 0) ? pages : undefined;
  byId("export").hidden = current === undefined;
  exportState("");
}

function say(pages: PageReading[] | undefined): void {
  if (!pages || speak(pages.map((page) => textOf(page, "ascii")).join("\n"))) return;
  exportState(t("noVoice"));
}

function sayIfWanted(pages: PageReading[]): void {
  if (byId<HTMLInputElement>("speak-always").checked) say(pages);
}

const drawing = new DrawPanel(() => backend, {
  read: (page) => take(page && [page]),
  rested: (page) => sayIfWanted([page]),
});
const picture = new PicturePanel(() => backend, wasm, {
  read: (pages) => {
    take(pages);
    if (pages) sayIfWanted(pages);
  },
  corrected: take,
});
const form = new FormPanel(() => backend, wasm);

function exportState(text: string): void {
  byId("export-state").hidden = text === "";
  byId("export-state").textContent = text;
}

async function exported(): Promise<{ text: string; name: string; type: string } | undefined> {
  if (!current) return undefined;
  const format = byId<HTMLSelectElement>("format").value as ExportFormat;
  const text = await wasm.export(current, format);
  const kinds = { text: ["txt", "text/plain"], ascii: ["txt", "text/plain"], csv: ["csv", "text/csv"], json: ["jsonl", "application/json"] };
  const [ending, type] = kinds[format] as [string, string];
  const stem = (current[0]?.source ?? "reading").replace(/\.[^.]*$/, "");
  return { text, name: `${stem}.${ending}`, type };
}

on("copy", "click", async () => {
  const result = await exported();
  if (!result) return;
  const text = await navigator.clipboard.writeText(result.text).then(
    () => t("copied"),
    () => t("copyFailed"),
  );
  exportState(text);
  announce(text);
});
on("download", "click", async () => {
  const result = await exported();
  if (!result) return;
  download(result.text, result.name, result.type);
});
on("speak", "click", () => say(current));
on("speak-always", "change", () => exportState(canSpeak() ? "" : t("noVoice")));

function setTheme(theme: string): void {
  remember("theme", theme);
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  drawing.pad.redraw();
}

on("theme", "change", (event) => setTheme((event.target as HTMLSelectElement).value));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawing.pad.redraw());

function showBackend(): void {
  const privacy = byId("privacy");
  privacy.dataset["text"] = backend.kind === "wasm" ? "privateWasm" : "privateServer";
  privacy.textContent = t(backend.kind === "wasm" ? "privateWasm" : "privateServer");
  byId<HTMLSelectElement>("backend").value = backend.kind;
}

on("backend", "change", (event) => {
  backend = (event.target as HTMLSelectElement).value === "server" ? server : wasm;
  showBackend();
  drawing.again();
  picture.again();
  form.again();
});

on("language", "change", (event) => {
  setLanguage((event.target as HTMLSelectElement).value as Language);
  showBackend();
  showEngineError();
  drawing.show();
  picture.relabel();
  form.relabel();
});

async function showModel(): Promise<void> {
  try {
    const model = (await wasm.model()) as unknown as { version: string; instructions: string; metadata: { name: string } };
    byId("version").textContent = `Lekka ${model.version}, ${model.metadata.name}, ${model.instructions}`;
    document.documentElement.dataset["ready"] = "true";
  } catch (error) {
    engineError = reasonOf(error);
    showEngineError();
  }
}

function showEngineError(): void {
  byId("engine-error").hidden = engineError === undefined;
  if (engineError !== undefined) byId("engine-error").textContent = t("noEngine", { reason: engineError });
}

const language = startLanguage();
byId<HTMLSelectElement>("language").value = language;
setLanguage(language);
const theme = recall("theme") ?? "auto";
byId<HTMLSelectElement>("theme").value = theme;
setTheme(theme);
drawing.show();
showBackend();
form.relabel();
void Promise.all([showModel(), ServerBackend.found()]).then(async ([, found]) => {
  if (found) form.offer(await ServerBackend.forms());
  byId("backend-choice").hidden = !found;
  // Without the module here, a server is the only one that can read.
  if (found && engineError !== undefined) backend = server;
  showBackend();
  document.documentElement.dataset["server"] = String(found);
});
