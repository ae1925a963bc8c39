// What stands where a secret stood. One word without digits, so that log templates stay the same whatever was cut.

export const redactedMark = '[redacted]';

/** Stands at the end of a text of which the rest was not looked at, and so not kept. */
export const unscannedMark = '[cut: too long to scan]';

/** A stretch of a text that is to be replaced. */
export type Span = { readonly from: number; readonly to: number };

/** The text with each span replaced; spans come in order and do not overlap. */
export function withoutSpans(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  let kept = '';
  let at = 0;
  for (const { from, to } of spans) {
    if (from < at) continue;
    kept += text.slice(at, from) + redactedMark;
    at = to;
  }
  return kept + text.slice(at);
}
