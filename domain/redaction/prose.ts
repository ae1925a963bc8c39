// Sentences: `invalid password hunter2`, `the token is …`, `Authorization Bearer …`, `your code is 123456`.

import { endOfLine, isInResourceName } from './assignments.ts';
import { redactedMark, type Span, withoutSpans } from './mark.ts';
import { quotedAt } from './quotes.ts';
import { isMixed, isSecretValue, isState, uuid } from './values.ts';

/** `Authorization: Basic …`: an authentication scheme and what follows it. */
const header =
  /\b((?:proxy-|x-)?authorization|x-(?:amz-security|api|auth|access|csrf|xsrf|vault|gitlab|github|goog-api|registry|internal|session|shopify-access|figma|redmine-api|plex)-(?:token|key)|x-vault-token|private-token|job-token|deploy-token|dd-api-key|dd-application-key|api-key|ocp-apim-subscription-key|set-cookie|cookie)(\\{0,15}["']?\s?(?::|=>|=|\]|,|%3A)\s{0,2}\[?\\{0,15}["']?)(?=\S)/gi;
const scheme =
  /\b(Bearer|Basic|Digest|Negotiate|NTLM|ApiKey|Api-Key|Token|SSWS|GenieKey|Hawk|OAuth|Splunk|PVEAPIToken|AWS4-HMAC-SHA256|SharedKey(?:Lite)?|SharedAccessSignature|GoogleLogin|Bot|FlyV1)(:?[ \t]{1,3}|%20|\+)(?:auth=|token=|Token=)?((?:[^\s"'`,;<>\\]|<[a-z*]{1,5}>){6,4000})/gi;

export function redactHeaders(text: string): string {
  if (
    !/auth|key|token|cookie|bearer|basic|digest|negotiate|ntlm|ssws|hawk|splunk|aws4|shared|bot|fly/i.test(
      text,
    )
  )
    return text;
  const spans: Span[] = [];
  header.lastIndex = 0;
  for (let match = header.exec(text); match !== null; match = header.exec(text)) {
    const from = match.index + match[0].length;
    const quoted = /["'`]/.test(match[2] ?? '') || /["'`]/.test(text[match.index - 1] ?? '');
    const to = endOfLine(text, from, quoted);
    const value = text.slice(from, to);
    const first = value.split(/\s/, 1)[0] ?? '';
    const [, name = ''] = match;
    const schemed =
      /^(?:Bearer|Basic|Digest|Negotiate|NTLM|ApiKey|Token|SSWS|GenieKey|Hawk|OAuth|Splunk|AWS\S*|SharedKey|Bot)\s+(\S+)/i.exec(
        value,
      );
    const secret =
      schemed !== null
        ? isCredential(schemed[1] ?? '') || /^\w{1,30}=/.test(schemed[1] ?? '')
        : /cookie$/i.test(name)
          ? /^[\w.$-]{1,80}=[^\s;]{3,}/.test(value)
          : isSecretValue(first, 'likely') && first !== redactedMark;
    if (secret && !/^(?:\S+\s)?\[redacted\]/.test(value)) spans.push({ from, to });
    header.lastIndex = Math.max(secret ? to : from, header.lastIndex);
  }
  return withoutSpans(text, spans).replace(scheme, (whole, name: string, gap: string, value: string) =>
    isCredential(value, name) ? `${name}${gap}${redactedMark}` : whole,
  );
}

/** No word that follows `Bearer` or `Basic` in a sentence. */
function isCredential(value: string, name = 'bearer'): boolean {
  if (value.startsWith(redactedMark) || isState(value) || /^(?:sha-?\d{1,3}|md5)[:-]/i.test(value))
    return false;
  if (/^(?:token|bot|mac|digest|oauth|splunk)$/i.test(name))
    return isMixed(value) && value.length >= 12 && !/^[\w.-]+=/.test(value);
  if (/^[a-z_]{2,40}=(?:[^=]|$)/i.test(value)) return false;
  return isMixed(value) || value.length >= 20 || /[=]$/.test(value);
}

const noun =
  /\b(?:pass(?:word|wd|phrase|code)s?|pwd|secrets?(?:[ _-]keys?)?|(?:api|access|auth|bearer|refresh|id|session|bot|deploy|csrf|reset|security|service|one[- ]time|verification|login|sign[- ]in|mfa|2fa)[ _-](?:keys?|tokens?|codes?|secrets?)|tokens?|(?:private|secret|master|encryption|signing|shared|client|account|license|ssh|admin|root|hmac|aes|webhook)[ _-](?:keys?|secrets?)|mot de passe|credentials?|otp|pin(?: code)?|cookies?|jwt|kennwort|passwort)(?![\p{L}\d])/giu;
/** After a noun of secrecy, perhaps some words, and what names its value. */
const told =
  /^((?:[ \t]{1,2}[\w.@-]{1,64}){0,6}?)(?:[ \t]{1,2}(?:(?:is|was|are|has been|been)(?:[ \t](?:now|set|changed|reset|updated)){0,2}(?:[ \t](?:to|as))?|(?:set|changed|reset|updated) to|equals|to be|to|as)|[ \t]{0,2}[:=]{1,3})[ \t]{0,2}:?[ \t]{0,2}(?=\S)/i;
/** Directly its value. */
const beside =
  /^(?:[ \t]{1,2}(?:value|of|used|received|received:|sent|supplied|got|given|provided|string|named|header|here))?(?:[ \t]|\\t){1,2}(?=\S)/i;
/** `ssh key fingerprint SHA256:…`: what is public about something secret. */
const publicGap = /(?:fingerprint|sha-?\d{1,3}|digest|hash|checksum|md5|\bid)[ \t]*$/i;
/** So far from its noun a value may stand. */
const reach = 240;

/** The words that a wallet or a second factor is restored with. */
const phrase =
  /\b((?:mnemonic|(?:seed|recovery|backup|wallet)[ _-](?:phrase|words|codes))(?:[ \t](?:is|was|are))?[ \t]?[:=]?[ \t"']{1,3})(?:[a-z]{3,10}[ ,]{1,2}){3,24}[a-z]{3,10}/gi;

export function redactProse(whole: string): string {
  const text = /seed|mnemonic|recovery|backup|wallet/i.test(whole)
    ? whole.replace(phrase, (_, name: string) => name + redactedMark)
    : whole;
  const spans: Span[] = [];
  for (const match of text.matchAll(noun)) {
    const end = match.index + match[0].length;
    if (isInResourceName(text, match.index, text.slice(match.index, end + 1))) continue;
    const after = text.slice(end, end + reach);
    const naming = told.exec(after);
    const span =
      (naming !== null && !publicGap.test(naming[1] ?? '')
        ? valueAfter(text, end, match[0], naming[0], naming[1] === '')
        : null) ?? valueAfter(text, end, match[0], beside.exec(after)?.[0], false);
    if (span !== null) spans.push(span);
  }
  return withoutSpans(text, spans);
}

/** The value that stands after a noun and the words that lead to it; null when that is none. */
function valueAfter(
  text: string,
  end: number,
  nounSaid: string,
  lead: string | undefined,
  near: boolean,
): Span | null {
  if (lead === undefined) return null;
  const from = end + lead.length;
  const word = /^(\\{0,15}["'`(]?)((?:[^\s"'`<>]|<[a-z*]{1,5}>){1,400})/.exec(text.slice(from, from + 420));
  if (word === null) return null;
  const [, quote = '', raw = ''] = word;
  const said = nounSaid + lead;
  const value = quotedPhrase(text, from, quote, said) ?? raw.replace(/(?:[.,;:)\]}\\]+|\\[nrt].*)$/, '');
  if (value === '' || value.includes('[redacted') || isState(value)) return null;
  if (!namesValue(value, quote !== '', near, said)) return null;
  return { from: from + quote.length, to: from + quote.length + value.length };
}

/** `passphrase "correct horse"`: all that the quotes hold. */
function quotedPhrase(text: string, from: number, quote: string, said: string): string | null {
  if (quote === '' || quote.endsWith('(') || !/pass\w{0,7}[^\w]*(?:(?:is|was|to)[ \t]*)?$/i.test(said))
    return null;
  const quoted = quotedAt(text, from);
  return quoted === null ? null : text.slice(quoted.from, quoted.to);
}

/** `near`: "the password is x", where any word is one; elsewhere only what is more than a word. */
function namesValue(value: string, inQuotes: boolean, near: boolean, said: string): boolean {
  const strong = /pass|pwd|secret|otp|pin|code|kennwort/i.test(said);
  if (/^(?:otp|pin)\b|\bcodes?\b/i.test(said))
    return /^\d{4,8}$/.test(value) || (value.length >= 6 && isMixed(value));
  if (/^\d+$/.test(value))
    return near && value.length >= 4 && value.length <= 12 && strong && !/\bto\b/i.test(said);
  if (/^(?:sha-?\d{1,3}|md5):|^(?:\/[\w.@-]{1,100}){1,40}\/?$/i.test(value)) return false;
  if (uuid.test(value)) return near || /(?:token|secret|key|password)[ \t]+$/i.test(said);
  if (near && strong && /\b(?:is|was|set to|changed to|reset to|equals|=|:)/i.test(said))
    return (
      value.length >= 4 &&
      (isMixed(value) || inQuotes || /(?:is|was|to|[=:])[ \t]*$/.test(said)) &&
      !isFunctionWord(value)
    );
  if (
    /^(?:[\w-]{1,60}=|(?:sha-?\d{1,3}|md5):|https?:|\/|@)|^[^@\s]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+$/.test(
      value,
    )
  )
    return false;
  if (inQuotes && /pass\w{0,7}[ \t]+$/i.test(said) && !/\bfor\b/i.test(said)) return true;
  return (
    value.length >= (strong ? 5 : 8) &&
    isMixed(value) &&
    !/^[\w.-]+\(/.test(value) &&
    !/[\w-]{1,60}[=:]\S/.test(value)
  );
}

function isFunctionWord(value: string): boolean {
  return /^(?:being|been|only|about|still|already|never|always|also|correct|stale|signed|sent|used|checked|read|written|kept|encrypted|rotating|shared|public|private|weak|strong|short|long|similar|different|same|different|longer|shorter|less|more|least|most|this|that|these|those|their|your|our|its|his|her|they|it|we|you|users?|admin|service|access|login|authenticate|be|get|obtain|proceed|continue|work|avoid|prevent|allow|ensure|make|connect|log|sign|verify|validate|refresh|expire|rotate|store|fetch|read|load|open|complete|finish|all|any|some|no|every|each|one|two|three|both|many|bound|scoped|blocked|locked|limited|missing|cached|safe|unsafe|case|case-sensitive|malformed|bad|good|fresh|unchanged|exhausted|nearly|almost|over|below|above|under|up|down|out|part|part-time|due|available|ready|there|here|now|later|soon|before|after|because|since|until|while|retried|signaled|logged|printed|leaked|compromised|exposed|exceeded|ignored|skipped|dropped|lost|copied|moved|renamed|managed|mounted|injected|replaced|propagated|synced|synchronized|synchronised)$/i.test(
    value,
  );
}
