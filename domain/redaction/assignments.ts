// `password=…`, `"token": "…"`, `params[secret]=…`, `<password>…</password>`, `{"name":"DB_PASSWORD","value":"…"}`: names that
// say that their value is a secret, in every notation that logs are written in.

import { type Secrecy, secrecyOf } from './keys.ts';
import { redactedMark, type Span, withoutSpans } from './mark.ts';
import { bracketEnd, quotedAt } from './quotes.ts';
import { isSecretValue, isState } from './values.ts';

/** A name, perhaps in quotes or brackets, and what assigns. */
const assignment =
  /(?<![\p{L}\p{N}_.$@-])([\p{L}\p{N}_.$@-]{1,200})(?:\\{0,15}["'`\]]{1,2}|\\u0022|&quot;|%22|%5D|\])?(?:\s?\([a-z]{1,12}\))?[ \t]{0,3}(?::\s?[A-Za-z][\w<>[\]]{0,30}\s{0,2}(?==))?(?:=>|->|:=|={1,2}|:{1,2}|[|~]|%3D|%3A|\\u003d)\s{0,3}/giu;

export function redactAssignments(text: string): string {
  const spans: Span[] = [];
  assignment.lastIndex = 0;
  for (let match = assignment.exec(text); match !== null; match = assignment.exec(text)) {
    const [whole, name = ''] = match;
    const secrecy = secrecyOf(name);
    if (secrecy === 'none' || isTestResult(name, whole) || isInResourceName(text, match.index, whole)) {
      // `:` and `=` may belong to the next name: `url:password=x`.
      assignment.lastIndex = match.index + name.length + 1;
      continue;
    }
    const start = match.index + whole.length;
    const span = valueSpan(text, start, secrecy, whole, name);
    if (span !== null) spans.push(span);
    assignment.lastIndex = Math.max(span?.to ?? start, match.index + name.length + 1);
  }
  return withoutSpans(text, spans);
}

/** `PASS: TestCheckout`, as test runners write it. */
function isTestResult(name: string, whole: string): boolean {
  return name === 'PASS' && !whole.includes('=');
}

/** `arn:aws:secretsmanager:…:secret:orders`: the name of a thing, not a thing named secret. */
export function isInResourceName(text: string, at: number, whole: string): boolean {
  return (
    /:$/.test(whole) && /\b(?:arn|urn|crn):[\w:./-]{0,200}:$/.test(text.slice(Math.max(0, at - 210), at))
  );
}

function valueSpan(
  text: string,
  start: number,
  secrecy: Exclude<Secrecy, 'none'>,
  whole: string,
  name: string,
): Span | null {
  if (text.startsWith(redactedMark, start)) return null;
  const quoted = quotedAt(text, start);
  if (quoted !== null) {
    const value = text.slice(quoted.from, quoted.to);
    return isSecretValue(value, secrecy) && quoted.to > quoted.from && value !== redactedMark
      ? { from: quoted.from, to: quoted.to }
      : null;
  }
  const bracket = /^[[{]/.test(text.slice(start, start + 1)) ? bracketEnd(text, start) : null;
  if (bracket !== null) {
    const inside = text.slice(start + 1, bracket - 1);
    return secrecy === 'always' &&
      isSecretValue(inside, secrecy) &&
      !isState(text.slice(start, bracket)) &&
      inside !== '' &&
      !onlyMarks(inside)
      ? { from: start, to: bracket }
      : null;
  }
  const to = /^(?:set-?)?cookies?$/i.test(name)
    ? endOfLine(text, start)
    : endOfBare(text, start, whole, secrecy);
  const value = text.slice(start, to);
  if (value.includes(redactedMark) && onlyMarks(value)) return null;
  return isSecretValue(value, secrecy) ? { from: start, to } : null;
}

/** Nothing is left in it but marks, names and punctuation. */
function onlyMarks(value: string): boolean {
  return (
    value.includes(redactedMark) &&
    !/[\p{L}\p{N}]{3}/u.test(
      value.replaceAll(redactedMark, '').replace(/["'`\\]*[\w.-]{1,60}["'`\\]*\s?[:=]/g, ''),
    )
  );
}

const lineEndOrQuote = /[\r\n"'`]|\\[rn]|\s[A-Z][A-Za-z-]{2,30}:\s/g;

const lineEnd = /[\r\n]|\\[rn]|\s[A-Z][A-Za-z-]{2,30}:\s/g;

/** Headers take the rest of their line, or of the quotes they stand in. */
export function endOfLine(text: string, start: number, inQuotes = true): number {
  // Parts of a header may have quotes of their own: `Digest username="ada", response="…"`.
  const stop =
    inQuotes || !/^[^\r\n"'`]{0,200}=["']/.test(text.slice(start, start + 300)) ? lineEndOrQuote : lineEnd;
  stop.lastIndex = start;
  return stop.exec(text)?.index ?? text.length;
}

const bareStop =
  /[\s"'`]|<(?![a-z*]{1,5}>)|(?<!<[a-z*]{1,5})>|\\[rnt"]|[,;&)}\]|](?=$|[\s"'`)}\]]|\\|[\p{L}_"'][\p{L}\p{N}_.\-"' ]{0,40}\s?[=:])|%26|%3B|%22/gu;
const variable = /\$\{[^}\s]{1,80}\}|\{\{[^{}]{1,100}\}\}|\$\([^)]{1,80}\)/y;
const nextWord =
  /[ \t]+(?!(?:for|from|user|users|on|at|by|in|while|when|after|before|with|to|as|rejected|failed|denied|accepted|and|or|was|were|host|port|db|database)\b)([a-z]{1,20})(?=[ \t\r\n.,;]|$)(?![ \t]{0,2}[=:])/gy;

/** Where an unquoted value ends. A value of plain words may be a passphrase and goes on. */
function endOfBare(text: string, start: number, whole: string, secrecy: Secrecy): number {
  variable.lastIndex = start;
  if (variable.test(text)) return variable.lastIndex;
  bareStop.lastIndex = start;
  let to = bareStop.exec(text)?.index ?? text.length;
  const first = text.slice(start, to);
  if (secrecy !== 'always' || /%3[DA]/i.test(whole) || !/^[a-z]{1,20}$/.test(first) || isState(first))
    return to;
  for (let more = 0; more < 24; more += 1) {
    nextWord.lastIndex = to;
    const next = nextWord.exec(text);
    if (next === null) break;
    to = nextWord.lastIndex;
  }
  return to;
}

const element = /<([\w:.-]{1,80})(?:\s[^<>]{0,200})?>(?:<!\[CDATA\[)?([^<]{1,4000})</g;
const named =
  /(?:\\{0,15}["'`]|\b)(?:name|key|field|header|variable|param|parameter|property|label)\\{0,15}["'`]?\s{0,2}(?:[:=]|=>)\s{0,2}\\{0,15}["'`]?([\w.-]{1,80})\\{0,15}["'`]?\s{0,4},?\s{0,20}\\{0,15}["'`]?(?:value|val|stringValue|content)\\{0,15}["'`]?\s{0,2}(?:[:=]|=>)\s{0,2}/gi;

/** `<password>x</password>` and `"name": "DB_PASSWORD", "value": "x"`. */
export function redactNamedValues(text: string): string {
  const spans: Span[] = [];
  if (text.includes('</')) {
    for (const match of text.matchAll(element)) {
      const [whole, name = '', value = ''] = match;
      const secrecy = secrecyOf(name.slice(name.lastIndexOf(':') + 1));
      if (secrecy === 'none' || value === redactedMark || !isSecretValue(value, secrecy)) continue;
      const to = match.index + whole.length - 1;
      spans.push({ from: to - value.length, to });
    }
  }
  const once = withoutSpans(text, spans);
  if (!/val|content/i.test(once)) return once;
  const more: Span[] = [];
  named.lastIndex = 0;
  for (let match = named.exec(once); match !== null; match = named.exec(once)) {
    const [whole, name = ''] = match;
    const secrecy = secrecyOf(name);
    if (secrecy === 'none') continue;
    const span = valueSpan(once, match.index + whole.length, secrecy, whole, name);
    if (span !== null) more.push(span);
  }
  return withoutSpans(once, more);
}
