// Readings spoken, when asked for. Only by voices on the device: others would send the text away.

import { kannada, language } from "./strings";

function voice(): SpeechSynthesisVoice | undefined {
  const voices = window.speechSynthesis?.getVoices().filter((voice) => voice.localService) ?? [];
  const of = (prefix: string) => voices.find((voice) => voice.lang.toLowerCase().startsWith(prefix));
  return (language() === "kn" ? of("kn") : undefined) ?? of("en-in") ?? of("en") ?? voices[0];
}

/** Whether the device can speak. */
export function canSpeak(): boolean {
  return voice() !== undefined;
}

/** Speaks digits one by one: a number of a form is no quantity. */
export function speak(ascii: string): boolean {
  const by = voice();
  if (!by) return false;
  const kannadaVoice = by.lang.toLowerCase().startsWith("kn");
  const words = [...ascii].filter((character) => /[0-9\n]/.test(character));
  const text = words
    .map((character) => (character === "\n" ? "." : kannadaVoice ? kannada(Number(character)) : character))
    .join(", ");
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.voice = by;
  utterance.lang = by.lang;
  window.speechSynthesis.cancel();
  window.speechSynthesis.speak(utterance);
  return true;
}
