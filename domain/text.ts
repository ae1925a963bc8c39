// Foreign text made one harmless line.

import { redact } from './redaction/redact.ts';

/** Controls, line and paragraph separators, and the marks that reorder or hide text on a screen. */
const unwanted = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu;

/**
 * Text of people and systems as one line of at most `maxCharacters`: secrets are replaced, no line break can start a heading or a list of its
 * own, nothing in it is hidden or reordered, and what was cut ends in `…`.
 */
export function plainLine(text: string, maxCharacters: number): string {
  // Four times the bound is enough to look at: what follows would be cut anyway.
  const head = text.slice(0, maxCharacters * 4).toWellFormed();
  const clean = [...redact(head).replace(unwanted, ' ').replaceAll(/\s+/g, ' ').trim()];
  if (clean.length <= maxCharacters) return clean.join('');
  return `${clean
    .slice(0, maxCharacters - 1)
    .join('')
    .trimEnd()}…`;
}
