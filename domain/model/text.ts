// Text on its way to a model and back: one line, without anything that is not seen or that a page would act on.

/** Invisible characters can hide an instruction from people, or split a secret so that no pattern finds it. */
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Cn}]/gu;

/** One line of visible text in its compatibility form, at most `maxLength` characters (cut between words). */
export function plainText(text: string, maxLength: number): string {
  const line = text
    .slice(0, maxLength * 4)
    .toWellFormed()
    .normalize('NFKC')
    .replace(invisible, '')
    .replace(/[\s\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
  if (line.length <= maxLength && text.length <= maxLength * 4) return line;
  const cut = line.slice(0, maxLength);
  // The last word may be the first half of a secret that no pattern knows any more.
  const lastSpace = cut.lastIndexOf(' ');
  return lastSpace < 0 ? '' : `${cut.slice(0, lastSpace)} …`;
}

/**
 * What a model wrote, as it may stand on a page, in a chat and in a terminal: no links, no mark-up, no mentions. Nothing
 * that renders it can be made to load or to call anything.
 */
export function harmlessWords(text: string, maxLength: number): string {
  return plainText(text, maxLength * 2)
    .replace(/\b[a-z][a-z0-9+.-]{0,15}:\/\/\S*/gi, '(link)')
    .replace(/\bwww\.\S*/gi, '(link)')
    .replace(/[<>[\]{}`|\\@*_~#!$]/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, maxLength);
}

/** JSON that cannot close the tag it stands in, whatever its strings say. */
export function fencedJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
}
