// Long words: vendors' tokens, and what is written in base64 or is made by chance. Digests, ids, names and encoded ordinary
// data stay.

import { publicBlocks } from './blocks.ts';
import { redactedMark, type Span, withoutSpans } from './mark.ts';
import { secretAddress, vendorToken } from './shapes.ts';

const longWord = /[A-Za-z0-9_$+/=~.:%|-]{16,}/g;
const base64Run = /[A-Za-z0-9+/_-]{16,}={0,2}/g;

/** `inner` looks at what an encoded word holds, and says whether it holds a secret. */
export function redactWords(text: string, inner: (decoded: string) => boolean): string {
  const addressed = text.includes('://') ? text.replace(secretAddress, `$1${redactedMark}`) : text;
  const open = publicBlocks(addressed);
  const spans: Span[] = [];
  for (const { index, 0: word } of addressed.matchAll(longWord)) {
    if (open.some(({ from, to }) => index >= from && index < to)) continue;
    // Names without digits and hyphens, such as those of classes, make up most of the long words of a log.
    if (!/\d|[-_]|[A-Z]{6}/.test(word)) continue;
    const found = vendorSpans(word, index);
    if (found.length > 0) {
      spans.push(...found);
      continue;
    }
    for (const run of word.matchAll(base64Run)) {
      const from = index + run.index;
      if (isSecretRun(run[0], addressed.slice(Math.max(0, from - 60), from), addressed, inner))
        spans.push({ from, to: from + run[0].length });
    }
  }
  return withoutSpans(addressed, spans);
}

function vendorSpans(word: string, at: number): Span[] {
  const spans: Span[] = [];
  for (const { index, 0: token } of word.matchAll(vendorToken))
    spans.push({ from: at + index, to: at + index + token.length });
  return spans;
}

/** Names of what is public although it is made by chance. */
const publicName =
  /(?:sha-?(?:1|224|256|384|512)|md5|digest|checksum|hash|etag|integrity|fingerprint|thumbprint|request[ _-]?id|trace[ _-]?(?:id|parent)?|span[ _-]?id|correlation[ _-]?id|id-2|cf-id|h1|cursor|continuation[\w-]*|page[ _-]?token|offset|ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S+|public[ _-]?key(?:[ _-]data)?|cert(?:ificate)?(?:-authority)?(?:-data)?|ca-?data|caBundle|image|sha256|data:[\w/+.-]+;base64,|nonce|x5[ct]|commit|revision|etag|version|vary|cid|digest)\\{0,7}["']?\s?[-:=@,]{0,2}\s?\\{0,7}["']?$/i;
/** How files of ordinary kinds begin in base64: pictures, archives, documents, public SSH keys, certificates. */
const ordinaryStart =
  /^(?:iVBORw0KGgo|R0lGOD|\/9j\/|UklGR|H4sI|UEsDB|JVBERi|AAAAB3NzaC1|AAAAC3NzaC1|AAAAE2VjZHNh|PHN2Zy|PD94bWwg|Qk0|AAABAA|d09G|T2dnUw|SUkq|MII[CDEFGH][A-Za-z0-9+/]{2}CC)/;

function isSecretRun(
  run: string,
  before: string,
  text: string,
  inner: (decoded: string) => boolean,
): boolean {
  if (
    /^(?:sha-?\d{1,3}|md5)[-_=:]/i.test(run) ||
    ordinaryStart.test(run) ||
    /^[0-9a-f]+$/i.test(run) ||
    /^[0-9_-]+$/.test(run)
  )
    return false;
  const decoded = decodedText(run);
  if (decoded !== null && decoded.length >= 8) return isUserAndPassword(decoded) || inner(decoded);
  if (publicName.test(before)) return false;
  // An AWS secret key stands beside its id.
  const strict = run.length === 40 && /\b(?:AKIA|ASIA)|aws|\[redacted\]/i.test(text);
  return isChance(run, strict ? 32 : 40);
}

/** `user:password`, as basic authentication and registries write it. */
function isUserAndPassword(decoded: string): boolean {
  return /^[^\s:{}"'<>/]{1,64}:[^\s:{}"'<>/]{4,128}$/.test(decoded) && !/^\w+:\d{1,5}$/.test(decoded);
}

/** Made by chance: both cases and digits throughout, as no name and no path has them. */
function isChance(run: string, least: number): boolean {
  const plain = run.replace(/[-_+/=]/g, '');
  if (plain.length < least - 4 || run.length < least) return false;
  const upper = (plain.match(/[A-Z]/g) ?? []).length;
  const lower = (plain.match(/[a-z]/g) ?? []).length;
  const digits = (plain.match(/\d/g) ?? []).length;
  if (upper < plain.length / 8 || lower < plain.length / 8 || digits < plain.length / 20) return false;
  // Words of a language change their kind rarely, chance does so nearly always.
  let changes = 0;
  for (let at = 1; at < plain.length; at += 1) if (kind(plain, at) !== kind(plain, at - 1)) changes += 1;
  return changes > plain.length * 0.4;
}

function kind(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 58) return 0;
  return code < 91 ? 1 : 2;
}

const alphabet = new Map(
  [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].map((char, value) => [char, value]),
)
  .set('-', 62)
  .set('_', 63);

/** What a word of base64 says when that is readable text; null when it is none. */
export function decodedText(run: string): string | null {
  const digits = run.replace(/=+$/, '');
  if (digits.length % 4 === 1 && run.length < 400) return null;
  let bits = 0;
  let held = 0;
  let text = '';
  for (const char of digits) {
    const value = alphabet.get(char);
    if (value === undefined) return null;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    const code = (bits >> held) & 0xff;
    // Tab, line breaks and the printable ones; text beyond ASCII counts when most is ASCII.
    if (code < 32 ? code !== 9 && code !== 10 && code !== 13 : code > 126) return null;
    text += String.fromCharCode(code);
  }
  return text;
}
