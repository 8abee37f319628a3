// Every text of the page, in its two languages.

import { recall, remember } from "./memory";

export type Language = "en" | "kn";

const en = {
  title: "Lekka – handwritten Kannada digits",
  tagline: "Reads handwritten Kannada digits and says how sure it is.",
  skip: "Skip to the drawing surface",
  language: "Language",
  theme: "Colours",
  themeAuto: "As the system",
  themeLight: "Light",
  themeDark: "Dark",
  reader: "Read",
  readerWasm: "in this page",
  readerServer: "on the server",
  privateWasm: "Pictures and strokes are read in this page and never leave your device.",
  privateServer: "Pictures and strokes are sent to the server this page came from, and to no other.",
  draw: "Draw",
  drawHint:
    "Draw a digit or a number with mouse, finger or pen. With the keyboard: arrow keys move the pen (with Shift in small steps), Space puts it down and lifts it, Backspace takes back a stroke, Escape clears.",
  surface: "Drawing surface",
  surfaceRole: "drawing surface",
  penDown: "Pen down",
  penUp: "Pen up",
  undo: "Undo",
  clear: "Clear",
  writing: "Writing",
  writingLifted: "the pen is lifted after each digit",
  writingJoined: "a number without lifting the pen",
  writingAir: "in the air: the pointer writes unpressed",
  drawEmpty: "What you draw is read here.",
  drawNothing: "No digit seen.",
  cleared: "Cleared.",
  picture: "Read a picture",
  pictureHint: "PNG, JPEG, TIFF, WebP, GIF, BMP or PNM: drop it here, paste it, choose a file or take a photograph.",
  choose: "Choose a picture",
  photograph: "Take a photograph",
  ink: "Ink",
  inkAuto: "find out",
  inkDark: "dark on light",
  inkLight: "light on dark",
  reading: "Reading…",
  page: "Page",
  pageOf: "Page {page} of {pages}",
  noDigits: "No digits found on this page.",
  boxes: "Digits on the page. Arrow keys move between them, 0 to 9 correct the chosen one, Delete empties it.",
  doubtful: "To look at",
  doubtfulNone: "Nothing is in doubt.",
  chosen: "Chosen digit",
  chosenNone: "Choose a digit on the page or in the list to correct it.",
  correctTo: "Correct to {digit}",
  correctEmpty: "nothing",
  corrected: "corrected",
  correctedTo: "{place}: corrected to {digit}.",
  place: "row {row}, column {column}",
  placeNumber: "digit {column}",
  inField: "field {field}, {place}",
  empty: "empty",
  statusOk: "sure",
  statusReview: "in doubt",
  statusBlank: "empty",
  percent: "{value} %",
  result: "Reading",
  form: "Read a form",
  formHint:
    "Choose the form, or open its template (TOML), then a scan of it that was filled in. Fields in doubt are shown with their picture and likeliest readings.",
  formTemplate: "Form",
  formNone: "choose a form",
  formExamples: "Examples",
  formServer: "On the server",
  formOpened: "Opened",
  formOpen: "Open a template",
  formScan: "Choose a filled form",
  formReview: "In doubt",
  formReview90: "below 90 %",
  formReview98: "below 98 %",
  formReview999: "below 99.9 %",
  formReviewAll: "every field",
  formFirst: "Choose a form first: a scan does not say which one it is.",
  formReady: "{form}: {fields} fields. Now choose a filled form.",
  formHere: "The server does not know this template: it was read in this page.",
  formKeys:
    "Digits correct a value, up and down arrows choose a likely reading, Enter accepts it and goes to the next field in doubt.",
  formTable: "Fields of the form",
  formField: "Field",
  formValue: "Value",
  formState: "State",
  formReadings: "To choose from",
  formPicture: "{field}, as it stands on the scan",
  formTake: "{field}: take {value}, {percent}",
  formNoDigits: "not only digits: type what is written",
  formLength: "{length} digits, {wanted} belong here",
  formAccepted: "{field}: {value}. {left} left to look at.",
  formDone: "Nothing is left to look at.",
  formSummary: "{fields} fields, {doubtful} in doubt.",
  formNext: "Next in doubt",
  formCsv: "Download CSV",
  formJson: "Download JSON",
  exportTitle: "Take it with you",
  format: "Format",
  formatText: "Text, Kannada digits",
  formatAscii: "Text, 0 to 9",
  formatCsv: "CSV table",
  formatJson: "JSON",
  copy: "Copy",
  copied: "Copied.",
  copyFailed: "The browser did not allow copying.",
  download: "Download",
  stages: "How the picture was prepared",
  stagesShow: "Show every stage",
  speak: "Speak",
  speakAlways: "Speak every reading",
  noVoice: "This device has no voice of its own; voices that need the network are not used.",
  readAs: "Read: {text}",
  summary: "{digits} digits, {doubtful} in doubt, {blank} empty.",
  milliseconds: "{value} ms",
  failed: "Not read: {reason}",
  noEngine: "This browser cannot run the recogniser (WebAssembly with SIMD is needed): {reason}",
  about: "The recogniser is a small neural network; it errs at times, most where it is in doubt. It knows the ten Kannada digits and nothing else.",
};

export type Strings = typeof en;

const kn: Strings = {
  title: "ಲೆಕ್ಕ – ಕೈಬರಹದ ಕನ್ನಡ ಅಂಕಿಗಳು",
  tagline: "ಕೈಬರಹದ ಕನ್ನಡ ಅಂಕಿಗಳನ್ನು ಓದುತ್ತದೆ, ಎಷ್ಟು ಖಚಿತ ಎಂದೂ ಹೇಳುತ್ತದೆ.",
  skip: "ಬರೆಯುವ ಜಾಗಕ್ಕೆ ಹೋಗಿ",
  language: "ಭಾಷೆ",
  theme: "ಬಣ್ಣಗಳು",
  themeAuto: "ವ್ಯವಸ್ಥೆಯಂತೆ",
  themeLight: "ತಿಳಿ",
  themeDark: "ಗಾಢ",
  reader: "ಓದುವುದು",
  readerWasm: "ಈ ಪುಟದಲ್ಲೇ",
  readerServer: "ಸರ್ವರ್‌ನಲ್ಲಿ",
  privateWasm: "ಚಿತ್ರಗಳು ಮತ್ತು ಗೆರೆಗಳನ್ನು ಈ ಪುಟದಲ್ಲೇ ಓದಲಾಗುತ್ತದೆ; ಅವು ನಿಮ್ಮ ಸಾಧನವನ್ನು ಬಿಟ್ಟು ಹೋಗುವುದಿಲ್ಲ.",
  privateServer: "ಚಿತ್ರಗಳು ಮತ್ತು ಗೆರೆಗಳನ್ನು ಈ ಪುಟ ಬಂದ ಸರ್ವರ್‌ಗೆ ಮಾತ್ರ ಕಳುಹಿಸಲಾಗುತ್ತದೆ, ಬೇರೆಲ್ಲಿಗೂ ಇಲ್ಲ.",
  draw: "ಬರೆಯಿರಿ",
  drawHint:
    "ಮೌಸ್, ಬೆರಳು ಅಥವಾ ಪೆನ್ನಿನಿಂದ ಅಂಕಿ ಅಥವಾ ಸಂಖ್ಯೆ ಬರೆಯಿರಿ. ಕೀಲಿಮಣೆಯಿಂದ: ಬಾಣದ ಕೀಲಿಗಳು ಪೆನ್ನನ್ನು ಸರಿಸುತ್ತವೆ (Shift ಜೊತೆ ಸಣ್ಣ ಹೆಜ್ಜೆ), Space ಪೆನ್ನನ್ನು ಇಳಿಸಿ ಎತ್ತುತ್ತದೆ, Backspace ಒಂದು ಗೆರೆಯನ್ನು ತೆಗೆಯುತ್ತದೆ, Escape ಎಲ್ಲವನ್ನೂ ಅಳಿಸುತ್ತದೆ.",
  surface: "ಬರೆಯುವ ಜಾಗ",
  surfaceRole: "ಬರೆಯುವ ಜಾಗ",
  penDown: "ಪೆನ್ನು ಕೆಳಗೆ",
  penUp: "ಪೆನ್ನು ಮೇಲೆ",
  undo: "ಹಿಂತೆಗೆ",
  clear: "ಅಳಿಸು",
  writing: "ಬರಹ",
  writingLifted: "ಪ್ರತಿ ಅಂಕಿಯ ನಂತರ ಪೆನ್ನು ಎತ್ತಿ",
  writingJoined: "ಪೆನ್ನು ಎತ್ತದೆ ಸಂಖ್ಯೆ",
  writingAir: "ಗಾಳಿಯಲ್ಲಿ: ಒತ್ತದೆಯೇ ಸೂಚಕ ಬರೆಯುತ್ತದೆ",
  drawEmpty: "ನೀವು ಬರೆದದ್ದನ್ನು ಇಲ್ಲಿ ಓದಲಾಗುತ್ತದೆ.",
  drawNothing: "ಯಾವ ಅಂಕಿಯೂ ಕಾಣಲಿಲ್ಲ.",
  cleared: "ಅಳಿಸಲಾಗಿದೆ.",
  picture: "ಚಿತ್ರ ಓದಿ",
  pictureHint: "PNG, JPEG, TIFF, WebP, GIF, BMP ಅಥವಾ PNM: ಇಲ್ಲಿ ಎಳೆದು ಬಿಡಿ, ಅಂಟಿಸಿ, ಕಡತ ಆರಿಸಿ ಅಥವಾ ಛಾಯಾಚಿತ್ರ ತೆಗೆಯಿರಿ.",
  choose: "ಚಿತ್ರ ಆರಿಸಿ",
  photograph: "ಛಾಯಾಚಿತ್ರ ತೆಗೆಯಿರಿ",
  ink: "ಶಾಯಿ",
  inkAuto: "ತಾನೇ ಗುರುತಿಸು",
  inkDark: "ತಿಳಿ ಮೇಲೆ ಗಾಢ",
  inkLight: "ಗಾಢ ಮೇಲೆ ತಿಳಿ",
  reading: "ಓದಲಾಗುತ್ತಿದೆ…",
  page: "ಪುಟ",
  pageOf: "{pages} ಪುಟಗಳಲ್ಲಿ {page}ನೆಯದು",
  noDigits: "ಈ ಪುಟದಲ್ಲಿ ಅಂಕಿಗಳು ಸಿಗಲಿಲ್ಲ.",
  boxes: "ಪುಟದ ಅಂಕಿಗಳು. ಬಾಣದ ಕೀಲಿಗಳಿಂದ ಸರಿಯಿರಿ, 0ರಿಂದ 9 ಆರಿಸಿದ್ದನ್ನು ತಿದ್ದುತ್ತವೆ, Delete ಖಾಲಿ ಮಾಡುತ್ತದೆ.",
  doubtful: "ನೋಡಬೇಕಾದವು",
  doubtfulNone: "ಯಾವುದೂ ಸಂದೇಹದಲ್ಲಿಲ್ಲ.",
  chosen: "ಆರಿಸಿದ ಅಂಕಿ",
  chosenNone: "ತಿದ್ದಲು ಪುಟದಲ್ಲಿ ಅಥವಾ ಪಟ್ಟಿಯಲ್ಲಿ ಒಂದು ಅಂಕಿ ಆರಿಸಿ.",
  correctTo: "{digit} ಎಂದು ತಿದ್ದಿ",
  correctEmpty: "ಖಾಲಿ",
  corrected: "ತಿದ್ದಿದ್ದು",
  correctedTo: "{place}: {digit} ಎಂದು ತಿದ್ದಲಾಗಿದೆ.",
  place: "ಸಾಲು {row}, ಕಂಬ {column}",
  placeNumber: "ಅಂಕಿ {column}",
  inField: "ಕ್ಷೇತ್ರ {field}, {place}",
  empty: "ಖಾಲಿ",
  statusOk: "ಖಚಿತ",
  statusReview: "ಸಂದೇಹ",
  statusBlank: "ಖಾಲಿ",
  percent: "ಶೇ. {value}",
  result: "ಓದಿದ್ದು",
  form: "ನಮೂನೆ ಓದಿ",
  formHint:
    "ನಮೂನೆಯನ್ನು ಆರಿಸಿ ಅಥವಾ ಅದರ ವಿನ್ಯಾಸ ಕಡತ (TOML) ತೆರೆಯಿರಿ, ನಂತರ ತುಂಬಿದ ನಮೂನೆಯ ಚಿತ್ರ ಆರಿಸಿ. ಸಂದೇಹವಿರುವ ಕ್ಷೇತ್ರಗಳನ್ನು ಚಿತ್ರ ಮತ್ತು ಸಂಭವನೀಯ ಓದುಗಳೊಂದಿಗೆ ತೋರಿಸಲಾಗುತ್ತದೆ.",
  formTemplate: "ನಮೂನೆ",
  formNone: "ನಮೂನೆ ಆರಿಸಿ",
  formExamples: "ಉದಾಹರಣೆಗಳು",
  formServer: "ಸರ್ವರ್‌ನಲ್ಲಿ",
  formOpened: "ತೆರೆದವು",
  formOpen: "ವಿನ್ಯಾಸ ಕಡತ ತೆರೆಯಿರಿ",
  formScan: "ತುಂಬಿದ ನಮೂನೆ ಆರಿಸಿ",
  formReview: "ಸಂದೇಹ",
  formReview90: "ಶೇ. 90ಕ್ಕಿಂತ ಕಡಿಮೆ",
  formReview98: "ಶೇ. 98ಕ್ಕಿಂತ ಕಡಿಮೆ",
  formReview999: "ಶೇ. 99.9ಕ್ಕಿಂತ ಕಡಿಮೆ",
  formReviewAll: "ಪ್ರತಿ ಕ್ಷೇತ್ರ",
  formFirst: "ಮೊದಲು ನಮೂನೆ ಆರಿಸಿ: ಯಾವ ನಮೂನೆ ಎಂದು ಚಿತ್ರ ಹೇಳುವುದಿಲ್ಲ.",
  formReady: "{form}: {fields} ಕ್ಷೇತ್ರಗಳು. ಈಗ ತುಂಬಿದ ನಮೂನೆ ಆರಿಸಿ.",
  formHere: "ಸರ್ವರ್‌ಗೆ ಈ ವಿನ್ಯಾಸ ಗೊತ್ತಿಲ್ಲ: ಈ ಪುಟದಲ್ಲೇ ಓದಲಾಯಿತು.",
  formKeys:
    "ಅಂಕಿಗಳು ಮೌಲ್ಯವನ್ನು ತಿದ್ದುತ್ತವೆ, ಮೇಲೆ ಕೆಳಗೆ ಬಾಣಗಳು ಸಂಭವನೀಯ ಓದನ್ನು ಆರಿಸುತ್ತವೆ, Enter ಒಪ್ಪಿ ಮುಂದಿನ ಸಂದೇಹದ ಕ್ಷೇತ್ರಕ್ಕೆ ಹೋಗುತ್ತದೆ.",
  formTable: "ನಮೂನೆಯ ಕ್ಷೇತ್ರಗಳು",
  formField: "ಕ್ಷೇತ್ರ",
  formValue: "ಮೌಲ್ಯ",
  formState: "ಸ್ಥಿತಿ",
  formReadings: "ಆಯ್ಕೆಗಳು",
  formPicture: "{field}, ಚಿತ್ರದಲ್ಲಿ ಇರುವಂತೆ",
  formTake: "{field}: {value}, {percent} ತೆಗೆದುಕೊಳ್ಳಿ",
  formNoDigits: "ಬರೀ ಅಂಕಿಗಳಲ್ಲ: ಬರೆದಿರುವುದನ್ನು ಟೈಪ್ ಮಾಡಿ",
  formLength: "{length} ಅಂಕಿಗಳಿವೆ, {wanted} ಇರಬೇಕು",
  formAccepted: "{field}: {value}. ನೋಡಬೇಕಾದವು ಇನ್ನು {left}.",
  formDone: "ನೋಡಬೇಕಾದದ್ದು ಏನೂ ಉಳಿದಿಲ್ಲ.",
  formSummary: "{fields} ಕ್ಷೇತ್ರಗಳು, {doubtful} ಸಂದೇಹದಲ್ಲಿ.",
  formNext: "ಮುಂದಿನ ಸಂದೇಹ",
  formCsv: "CSV ಇಳಿಸಿಕೊಳ್ಳಿ",
  formJson: "JSON ಇಳಿಸಿಕೊಳ್ಳಿ",
  exportTitle: "ತೆಗೆದುಕೊಳ್ಳಿ",
  format: "ರೂಪ",
  formatText: "ಪಠ್ಯ, ಕನ್ನಡ ಅಂಕಿಗಳು",
  formatAscii: "ಪಠ್ಯ, 0ರಿಂದ 9",
  formatCsv: "CSV ಕೋಷ್ಟಕ",
  formatJson: "JSON",
  copy: "ನಕಲಿಸಿ",
  copied: "ನಕಲಾಗಿದೆ.",
  copyFailed: "ಬ್ರೌಸರ್ ನಕಲಿಸಲು ಬಿಡಲಿಲ್ಲ.",
  download: "ಇಳಿಸಿಕೊಳ್ಳಿ",
  stages: "ಚಿತ್ರವನ್ನು ಹೇಗೆ ಸಿದ್ಧಪಡಿಸಲಾಯಿತು",
  stagesShow: "ಪ್ರತಿ ಹಂತ ತೋರಿಸಿ",
  speak: "ಓದಿ ಹೇಳಿ",
  speakAlways: "ಪ್ರತಿ ಬಾರಿ ಓದಿ ಹೇಳಿ",
  noVoice: "ಈ ಸಾಧನದಲ್ಲಿ ತನ್ನದೇ ಧ್ವನಿ ಇಲ್ಲ; ಜಾಲದ ಧ್ವನಿಗಳನ್ನು ಬಳಸುವುದಿಲ್ಲ.",
  readAs: "ಓದಿದ್ದು: {text}",
  summary: "{digits} ಅಂಕಿಗಳು, {doubtful} ಸಂದೇಹದಲ್ಲಿ, {blank} ಖಾಲಿ.",
  milliseconds: "{value} ಮಿ.ಸೆ.",
  failed: "ಓದಲಾಗಲಿಲ್ಲ: {reason}",
  noEngine: "ಈ ಬ್ರೌಸರ್‌ನಲ್ಲಿ ಓದುಗವನ್ನು ನಡೆಸಲಾಗದು (SIMD ಇರುವ WebAssembly ಬೇಕು): {reason}",
  about: "ಓದುವುದು ಒಂದು ಚಿಕ್ಕ ನರಜಾಲ; ಅದು ಕೆಲವೊಮ್ಮೆ ತಪ್ಪುತ್ತದೆ, ಹೆಚ್ಚಾಗಿ ಸಂದೇಹವಿರುವಲ್ಲಿ. ಅದಕ್ಕೆ ಹತ್ತು ಕನ್ನಡ ಅಂಕಿಗಳು ಮಾತ್ರ ಗೊತ್ತು.",
};

const strings: Record<Language, Strings> = { en, kn };

let current: Language = "en";

/** The language chosen before, or the browser's. */
export function startLanguage(): Language {
  const stored = recall("language");
  if (stored === "en" || stored === "kn") return stored;
  return navigator.languages.some((language) => language.startsWith("kn")) ? "kn" : "en";
}

/** Changes the language of the page: its elements with `data-text` and `data-label`, and what `t` gives. */
export function setLanguage(language: Language): void {
  current = language;
  remember("language", language);
  document.documentElement.lang = language;
  document.title = t("title");
  for (const element of document.querySelectorAll<HTMLElement>("[data-text]")) {
    element.textContent = t(element.dataset["text"] as keyof Strings);
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset["label"] as keyof Strings));
  }
}

export function language(): Language {
  return current;
}

/** A text of the page with its blanks filled. */
export function t(key: keyof Strings, values: Record<string, string | number> = {}): string {
  return strings[current][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Names of the stages; one that is not here is shown by its own. */
const stages: Record<string, [string, string]> = {
  grey: ["Grey", "ಬೂದು"],
  inverted: ["Inverted", "ತಿರುವುಮುರುವು"],
  light: ["Even light", "ಸಮ ಬೆಳಕು"],
  median: ["Specks removed", "ಚುಕ್ಕೆ ತೆಗೆದದ್ದು"],
  threshold: ["Threshold", "ಮಿತಿ"],
  upright: ["Straightened", "ನೇರ ಮಾಡಿದ್ದು"],
  turned: ["Turned upright", "ತಿರುಗಿಸಿದ್ದು"],
  ink: ["Ink", "ಶಾಯಿ"],
  rules: ["Ruled lines removed", "ಗೆರೆ ತೆಗೆದದ್ದು"],
  digits: ["Digits found", "ಸಿಕ್ಕ ಅಂಕಿಗಳು"],
  glyphs: ["What the network sees", "ನರಜಾಲ ನೋಡುವುದು"],
};

/** The name of a stage of preprocessing. */
export function stageName(name: string): string {
  return stages[name]?.[current === "kn" ? 1 : 0] ?? name;
}

/** A digit 0 to 9 in Kannada. */
export function kannada(digit: number): string {
  return String.fromCodePoint(0x0ce6 + digit);
}

/** A probability for people: never 100 % unless it is. */
export function percent(probability: number): string {
  const value = probability * 100;
  const text = probability >= 1 ? "100" : value > 99.9 ? "99.9" : value.toFixed(value >= 10 ? 0 : 1);
  return t("percent", { value: probability < 1 && text === "100" ? "99" : text });
}
