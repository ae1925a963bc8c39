// Secrets do not get in: whatever a text from outside holds that looks like one is replaced before the text is stored, shown,
// logged or sent on. One function for every way in. It never fails, never gives back what it could not look at, gives the same
// for what it has already been through, and takes time in proportion to the length.

import { redactAssignments, redactNamedValues } from './assignments.ts';
import { redactBlocks } from './blocks.ts';
import { redactCommands } from './commands.ts';
import { redactInserts } from './inserts.ts';
import { secrecyOf } from './keys.ts';
import { redactedMark, unscannedMark } from './mark.ts';
import { redactHeaders, redactProse } from './prose.ts';
import { redactUrls } from './urls.ts';
import { isSecretValue } from './values.ts';
import { redactWords } from './words.ts';

/** Longer texts are cut here: what was not looked at is not kept. */
export const mostScanned = 16_384;
/** A text that is different after so many rounds hides something in something; nobody knows how deep. */
const mostRounds = 5;

/** Texts that were looked at and hold nothing; attributes and names repeat in nearly every record. */
let clean = new Set<string>();
const mostRemembered = 10_000;
const longestRemembered = 200;

export function redact(text: string): string {
  if (text.length > longestRemembered) return scanned(text);
  if (clean.has(text)) return text;
  const result = scanned(text);
  if (result !== text) return result;
  if (clean.size >= mostRemembered) clean = new Set();
  clean.add(text);
  return text;
}

function scanned(text: string): string {
  if (text.length > mostScanned) return redact(headOf(text));
  if (!mayHold(text)) return text;
  const bare = flat(text);
  if (bare !== text) {
    // What is not seen may part a secret so that no pattern finds it. Ordinary text keeps its accents and its emoji.
    const plain = settled(bare);
    return plain === bare ? settled(text) : plain;
  }
  return settled(text);
}

/** A value that belongs to a name, such as an attribute: the name may say that it is a secret. */
export function redactValue(name: string, value: string): string {
  const secrecy = secrecyOf(name);
  if (secrecy !== 'none' && value !== redactedMark && isSecretValue(value, secrecy)) return redactedMark;
  return redact(value);
}

export function redactRecord(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [redact(name), redactValue(name, value)]),
  );
}

function headOf(text: string): string {
  const head = text.slice(0, mostScanned - unscannedMark.length - 1);
  // The last word may be the first half of a secret.
  const lastBlank = Math.max(head.lastIndexOf(' '), head.lastIndexOf('\n'));
  return `${lastBlank < 0 ? '' : head.slice(0, lastBlank)} ${unscannedMark}`;
}

/** Cheap, and true for nearly everything that is longer than a name: most attribute values end here. */
const suspicious =
  /pass|pwd|secret|token|key|cred|auth|cookie|sess|sid|sig|jwt|otp|pin|cv[vc]|ssn|mnemonic|seed|login|bearer|basic|digest|-p|-u|-w|-a|-c|:\/\/|@|-----|[A-Za-z0-9+/_=~.%:-]{16}|\$\d|[^\x20-\x7e\s]|kennwort|contrase|senha|wachtwoord|mdp|dsn|hmac|hash|pat|psk|sas\b|conn|code|identified|putty|private|chpasswd|chatid|user|\/\/|wpa|pgp|nonce|csrf|root|sql|sudo|phrase|code|[|~]|p[a4@][s$5]{2}|connect/i;

function mayHold(text: string): boolean {
  return text.length >= 6 && (suspicious.test(text) || speaks.test(text));
}

/** Without escape sequences of terminals and characters that are not seen, in the compatibility form. */
function flat(text: string): string {
  if (!/[^\x20-\x7e\n\r\t]/.test(text)) return text;
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are told by them
      .replace(/[\u001b\u009b]\[?[0-9;?]{0,20}[A-Za-z]/g, '')
      .normalize('NFKC')
      .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}]|(?![\n\r\t])\p{Cc}/gu, '')
  );
}

function settled(text: string): string {
  let before = text;
  for (let round = 0; round < mostRounds; round += 1) {
    const after = once(before);
    if (after === before) return before;
    before = after;
  }
  return redactedMark;
}

function once(text: string): string {
  const blocks = redactBlocks(text);
  const words = redactWords(
    blocks,
    (decoded) => decoded.length <= mostScanned && shallow(decoded) !== decoded,
  );
  return shallow(words);
}

/** Words that have to be there before a name, a header or a sentence can speak of a secret. */
const speaks =
  /p[a4@][s$5]{2}|pwd|pswd|[s$5][e3]cr[e3]t|token|key|cred|auth|cookie|sess|sid|sig|jwt|otp|pin|pat|cv[vc]|ssn|mnemonic|seed|bearer|basic|digest|negotiate|ntlm|ssws|hawk|splunk|aws4|shared|kennwort|contrase|senha|wachtwoord|mdp|пароль|密码|dsn|psk|sas|hmac|csrf|xsrf|saml|assertion|conn|rootpw|bindpw|pw|code|phrase|recovery|wallet|mot de/i;
const commands =
  /(?:^|[\s"'`])-{1,2}[a-z]|\/p:|<<<|\||pass|identified|auth|connect|log[io]n|cred|@|machine|wpa_|:\d{4,5}:|:\*:|net[ \t]+user|secret|token|api_?key|requirepass|rootpw|bindpw/i;

/** Everything but encoded words: what an encoded word holds is looked at once, not for ever. */
function shallow(text: string): string {
  let rest = redactUrls(redactBlocks(text));
  const speaking = speaks.test(rest);
  if (speaking && /insert/i.test(rest)) rest = redactInserts(rest);
  if (speaking) rest = redactAssignments(redactNamedValues(redactHeaders(rest)));
  if (commands.test(rest)) rest = redactCommands(rest);
  return speaking ? redactProse(rest) : rest;
}
