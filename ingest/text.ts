// Strings from outside are data: no secrets, no control characters, no half characters, no hidden reordering, bounded length.

import { redact } from '../domain/redaction/redact.ts';

/** C0 and C1 controls, line and paragraph separators, and the marks that reorder text on a screen. */
const unwanted =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is the purpose
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/g;

/** What colours a terminal: control sequences and operating system commands (ECMA-48). */
const terminalCodes =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is the purpose
  /(?:\u001b\[|\u009b)[0-9;:?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]{0,256}(?:\u0007|\u001b\\)|\u001b[@-Z\\^_]/g;

/**
 * Text safe to store, to log and to show: secrets are replaced, terminal codes go, other unwanted characters become one space, ends are trimmed,
 * at most `maxChars`.
 */
export function cleanText(text: string, maxChars: number): string {
  // Four times the bound is enough to look at: what follows would be cut anyway.
  const head = text.length > maxChars * 4 ? headOf(text, maxChars * 4) : text;
  // Before anything is cut: half of a secret has no shape any more. And before lines are joined.
  const clean = redact(head.replace(terminalCodes, '')).replace(unwanted, ' ').trim().toWellFormed();
  if (clean.length <= maxChars) return clean;
  const cut = clean.slice(0, maxChars);
  // A cut through a surrogate pair would leave half a character.
  return (cut.isWellFormed() ? cut : cut.slice(0, -1)).trimEnd();
}

/** Whole words only: the last one may be the first half of a secret. */
function headOf(text: string, maxChars: number): string {
  const head = text.slice(0, maxChars);
  const lastBlank = head.search(/\s\S{0,400}$/);
  return lastBlank > 0 ? head.slice(0, lastBlank) : head;
}
