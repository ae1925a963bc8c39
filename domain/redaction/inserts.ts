// `INSERT INTO users (name, password) VALUES ('ada', '…')`: the name of a value stands in another list.

import { secrecyOf } from './keys.ts';
import { redactedMark, type Span, withoutSpans } from './mark.ts';
import { quotedAt } from './quotes.ts';
import { isSecretValue } from './values.ts';

const insert = /\binsert\s{1,3}into\s{1,3}\S{1,100}\s{0,3}\(([^()]{1,2000})\)\s{0,3}values\s{0,3}\(/gi;
const mostValues = 200;

export function redactInserts(text: string): string {
  const spans: Span[] = [];
  for (const match of text.matchAll(insert)) {
    const columns = (match[1] ?? '').split(',').map((name) => secrecyOf(name.replace(/[\s"'`[\]\\]/g, '')));
    if (columns.every((secrecy) => secrecy === 'none')) continue;
    valuesAt(text, match.index + match[0].length).forEach((span, index) => {
      const secrecy = columns[index % columns.length] ?? 'none';
      const value = text.slice(span.from, span.to);
      if (secrecy !== 'none' && value !== redactedMark && isSecretValue(value, secrecy)) spans.push(span);
    });
  }
  return withoutSpans(text, spans);
}

/** The values of the list that begins at `at`, and of those that follow it, without their quotes. */
function valuesAt(text: string, at: number): Span[] {
  const spans: Span[] = [];
  let from = at;
  while (from < text.length && spans.length < mostValues) {
    const blank = /^[\s,()]{0,20}(?:[NE](?='))?/.exec(text.slice(from, from + 24))?.[0].length ?? 0;
    from += blank;
    const quoted = quotedAt(text, from);
    const end = /[,()\s;]|$/.exec(text.slice(from))?.index ?? 0;
    if (quoted === null && (end === 0 || text[from] === ';')) break;
    spans.push(quoted === null ? { from, to: from + end } : { from: quoted.from, to: quoted.to });
    from = quoted === null ? from + end : quoted.after;
  }
  return spans;
}
