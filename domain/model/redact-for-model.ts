// What leaves the machine, to a model: beside secrets (domain/redaction), also addresses, numbers of people and whatever looks made by
// chance are replaced, and a text in which a secret may be left is dropped whole.
// Works on raw text and on log templates, where numbers are already masked (`sk-a<n>B<n>`). Linear up to `maxLength`.
//
// Sources of the shapes: the published rules of gitleaks and of GitHub's secret scanning.

import { redact } from '../redaction/redact.ts';
import { plainText } from './text.ts';

/** Longer texts are cut between words first; a template has at most 400 characters. */
const maxLength = 1_000;

/** A character of a token, or a number that was masked before. */
const t = '(?:[A-Za-z0-9_~+/=.%-]|<[a-z]{1,5}>)';

const knownShapes: readonly (readonly [RegExp, string])[] = [
  // What was cut at a masked number goes on behind it.
  [new RegExp(`\\[redacted\\](?:<[a-z]{1,5}>${t}*)+`, 'g'), '[redacted]'],
  // Credentials in URLs, and their queries, where tokens travel.
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]{1,200}@/gi, '$1[redacted]@'],
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s?#]{1,300})[?#]\S*/gi, '$1'],
  [
    new RegExp(`\\b(Bearer|Basic|Digest|Negotiate|ApiKey|AWS4-HMAC-SHA\\S{0,8})\\s+${t}{4,}`, 'gi'),
    '$1 [redacted]',
  ],
  [new RegExp(`\\beyJ${t}{10,}`, 'g'), '[redacted]'],
  [
    new RegExp(
      `\\b(?:sk|pk|rk|gsk|xai|hf|npm|pypi|dop|doo|shpat|shpss|glpat|gldt|ghp|gho|ghu|ghs|ghr|github_pat|xox[abeoprs]|xapp|sntl|whsec|rzp|sq0[a-z]{3}|dckr_pat|lin_api|ntn|pat|ya29|AIza|SG|EAAC|key|tok|AC|SK)[-_.]${t}{8,}`,
      'g',
    ),
    '[redacted]',
  ],
  [new RegExp(`\\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ANVA|AIza|ya<n>)${t}{6,}`, 'g'), '[redacted]'],
  [/[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g, '[email]'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '[ip]'],
  [
    /(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}(?![\w:])|(?<![\w:])(?:[0-9a-f]{0,4}:){1,7}:[0-9a-f]{0,4}(?![\w:])/gi,
    '[ip]',
  ],
  // Card, account and telephone numbers.
  [/\+?\d(?:[ -]?\d){8,}/g, '[number]'],
  [/\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{2,4}){3,8}\b/g, '[number]'],
  [/\b[0-9a-f]{24,}\b/gi, '[hex]'],
];

const sensitiveKey =
  /pass(?!ed|ing|ive|enger)|pwd|secret|token|api.?key|access.?key|private.?key|(?:^|[^a-z])key$|credential|auth|cookie|session|signature|connection.?string|(?:^|[^a-z])(?:pin|otp|cvv|cvc|ssn|sig|dsn|jwt|salt|nonce|mnemonic)(?:$|[^a-z])/i;

/** A word that is followed by what it names: `invalid password hunter2`. */
const sensitiveWord =
  /\b(?:passwords?|passwd|pwd|passphrase|passcode|secrets?|tokens?|api.?keys?|access.?keys?|private.?keys?|credentials?|cookies?|otp)\b/gi;

/** The text without its secrets; null when it may still hold one. Idempotent: a redacted text stays as it is. */
export function redactForModel(text: string): string | null {
  const plain = plainText(redact(text), maxLength);
  // Key blocks span lines and lengths that a template has lost: nobody can say where they end.
  if (/--\s{0,9}BEGIN|PRIVATE KEY|PuTTY-User-Key/i.test(text) || /--\s{0,9}BEGIN|PRIVATE KEY/i.test(plain))
    return null;
  const once = replaceAll(plain);
  const twice = replaceAll(once);
  // What changes again was hidden behind something else: there may be a third layer.
  return twice === once && !mayHoldSecret(once) ? once : null;
}

function replaceAll(text: string): string {
  const shaped = knownShapes.reduce((rest, [shape, instead]) => rest.replace(shape, instead), text);
  return redactAssignments(shaped)
    .split(' ')
    .map((word) => (isRandom(word) ? '[redacted]' : word))
    .join(' ');
}

/** `password=…`, `"token": "…"`, `Authorization: …`: the value goes, up to its quote, a delimiter or the end. */
function redactAssignments(text: string): string {
  const assignment = /([\w.-]{1,64})(\\?["']?\s{0,2}(?:[:=]|=>|:=)\s{0,2})/g;
  let done = '';
  let from = 0;
  for (let match = assignment.exec(text); match !== null; match = assignment.exec(text)) {
    const [whole, key = ''] = match;
    if (!sensitiveKey.test(key)) continue;
    const start = match.index + whole.length;
    const end = endOfValue(text, start);
    done += `${text.slice(from, start)}${end === start ? '' : '[redacted]'}`;
    from = end;
    assignment.lastIndex = Math.max(end, start);
  }
  return done + text.slice(from);
}

function endOfValue(text: string, start: number): number {
  if (text.startsWith('[redacted]', start)) return start + '[redacted]'.length;
  const quote = /^\\?["']/.exec(text.slice(start, start + 2))?.[0];
  if (quote !== undefined) {
    const close = text.indexOf(quote, start + quote.length);
    return close < 0 ? text.length : close + quote.length;
  }
  // Unquoted values may hold spaces: up to a delimiter, the next assignment, or the end.
  const rest = text.slice(start);
  const delimiter = /[,;&}\])]|\s[\w.-]{1,64}["']?\s?[=:]/.exec(rest);
  return delimiter === null ? text.length : start + delimiter.index;
}

/** Names are made of words; keys are made of chance: long runs of mixed characters that no words make up. */
function isRandom(word: string): boolean {
  if (word.length < 16 || /^\[[a-z]+\]$/.test(word)) return false;
  return word
    .replace(/\[(?:redacted|email|ip|number|hex)\]/g, ' ')
    .replace(/<[a-z]{1,5}>/g, '0')
    .split(/[^A-Za-z0-9+/=_-]+/)
    .some((piece) => isRandomRun(piece));
}

function isRandomRun(piece: string): boolean {
  // Without its separators: base64url has them in any place.
  const run = piece.replace(/[-_+/=]/g, '');
  if (run.length < 16) return false;
  const wordLike = piece.split(/[-_+/=]+/).every((part) => part.length < 3 || isWordLike(part));
  return !wordLike || run.length > 120;
}

/** `orders`, `NullPointerException`, `HTTPServer2`, `12ms`: humps of letters, a few digits at the end. */
function isWordLike(part: string): boolean {
  if (/^[a-z]{25,}$/.test(part)) return false;
  return (
    /^(?:[A-Z]{1,6}|[A-Z]?[a-z]{2,24}|[a-z])(?:[A-Z]{1,5}[a-z]{2,24})*[A-Z]{0,5}\d{0,5}$/.test(part) ||
    /^\d{1,8}[a-z]{0,3}$/.test(part)
  );
}

/** Whether a word of secrecy is followed by something that is no plain word and no mask. */
function mayHoldSecret(text: string): boolean {
  for (const match of text.matchAll(sensitiveWord)) {
    const after = text.slice(match.index + match[0].length);
    if (/^\\?["']?\s{0,2}(?:=>|:=|[:=])\s{0,2}\[redacted\]/.test(after)) continue;
    if (/^\s+(?:is|was|are|=+)\s+\S/i.test(after)) return true;
    const next = after.split(/\s+/, 6).filter((word) => word !== '');
    if (next.slice(0, 4).some((word) => !isPlainWord(word))) return true;
  }
  return false;
}

function isPlainWord(word: string): boolean {
  return /^\(?(?:[A-Za-z]{1,20}(?:[’/-][A-Za-z]{1,20})*|<[a-z]{1,5}>[A-Za-z%]{0,3}|\d{1,4}[A-Za-z%]{0,3}|\[[a-z]+\]|[-–—:=→]+|…)[).,;:!?]*$/.test(
    word,
  );
}
