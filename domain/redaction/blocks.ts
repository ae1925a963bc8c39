// Key blocks: everything between BEGIN and END goes; without an end (cut, or over several records) everything to the end of the
// text. Certificates, public keys and signatures are no secrets.

import { redactedMark, type Span } from './mark.ts';

const begin =
  /-{4,5}\s?BEGIN ([A-Z0-9 ]{0,40}(?:PRIVATE KEY|SECRET|KEY MATERIAL)[A-Z0-9 ]{0,20})\s?-{4,5}|PuTTY-User-Key-File-\d|\bPrivate-Lines:/;
const end = /-{4,5}\s?END [A-Z0-9 ]{1,60}\s?-{4,5}|\bPrivate-MAC:\s?[0-9a-f]{20,}/;

export function redactBlocks(text: string): string {
  let rest = text;
  let kept = '';
  for (;;) {
    const opened = begin.exec(rest);
    if (opened === null) return kept + rest;
    kept += rest.slice(0, opened.index) + redactedMark;
    const after = rest.slice(opened.index + opened[0].length);
    const closed = end.exec(after);
    if (closed === null) return kept;
    rest = after.slice(closed.index + closed[0].length);
  }
}

const publicBegin =
  /-{5}BEGIN (?:CERTIFICATE|(?:RSA |EC )?PUBLIC KEY|CERTIFICATE REQUEST|PGP (?:PUBLIC KEY BLOCK|SIGNATURE)|X509 CRL)-{5}/g;

/** Where keys and certificates stand that are public on purpose; what looks like chance in there is none. */
export function publicBlocks(text: string): readonly Span[] {
  if (!text.includes('-----BEGIN ')) return [];
  const spans: Span[] = [];
  let at = 0;
  for (const { index } of text.matchAll(publicBegin)) {
    if (index < at) continue;
    const closed = text.indexOf('-----END ', index);
    if (closed < 0) break;
    at = closed;
    spans.push({ from: index, to: closed });
  }
  return spans;
}
