// Whether somebody who has a secret sent exactly these bytes, and lately. Senders differ in where they put the signature, how they
// write it, and what they sign beside the body; each says that in a few words of its own.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type Signed = {
  readonly headers: Headers;
  /** As it came, before anything is read from it. */
  readonly body: Uint8Array;
  /** Each may have signed it: while a secret is replaced there are two. */
  readonly secrets: readonly string[];
  readonly nowMs: number;
};
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly detail: string };
export type SignatureCheck = (signed: Signed) => Verdict | Promise<Verdict>;

export type HmacScheme = {
  readonly header: string;
  /** The signatures in the value of the header; it has several while the sender replaces its secret. */
  readonly signaturesIn: (value: string) => readonly string[];
  readonly encoding: 'hex' | 'base64';
  /** The key that a secret stands for. Default: its UTF-8 bytes. */
  readonly keyOf?: (secret: string) => Uint8Array;
  /**
   * When it was signed. Without it, only the ids of its events tell a repetition from news. `optional`: only some senders say it; it
   * has to be signed, so that none can leave it out.
   */
  readonly timestamp?: {
    readonly header: string;
    readonly unit: 'seconds' | 'milliseconds';
    readonly optional?: true;
  };
  /** What is signed before the body. Default: nothing. */
  readonly before?: (headers: Headers) => string;
};

/** How far the clock of a sender may be from ours, either way. Source: standardwebhooks.com, "Verifying webhook authenticity". */
const toleranceMs = 5 * 60_000;
/** A sender has one secret, or two while it replaces one. */
const maxSignatures = 10;

/** HMAC with SHA-256. The answer takes the same time whichever byte is wrong. */
export function hmacSha256(scheme: HmacScheme): SignatureCheck {
  const { header, signaturesIn, encoding, keyOf = utf8, timestamp, before } = scheme;
  return ({ headers, body, secrets, nowMs }) => {
    const value = headers.get(header);
    if (value === null) return refused(`the header ${header} is missing`);
    if (timestamp !== undefined && (!timestamp.optional || headers.has(timestamp.header))) {
      const stale = staleness(headers.get(timestamp.header), timestamp, nowMs);
      if (stale !== null) return refused(stale);
    }
    const given = signaturesIn(value)
      .slice(0, maxSignatures)
      .map((text) => Buffer.from(text, encoding));
    const start = before?.(headers) ?? '';
    let signed = false;
    for (const secret of secrets) {
      const expected = createHmac('sha256', keyOf(secret)).update(start).update(body).digest();
      for (const one of given) {
        if (one.length === expected.length && timingSafeEqual(one, expected)) signed = true;
      }
    }
    return signed ? { ok: true } : refused(`the signature in ${header} does not fit the body`);
  };
}

/** `sha256=<hex>` over the body in a header, as many senders sign. */
export function sha256Header(header: string): SignatureCheck {
  const signaturesIn = (value: string) => /^sha256=([0-9a-f]{64})$/i.exec(value)?.slice(1) ?? [];
  return hmacSha256({ header, signaturesIn, encoding: 'hex' });
}

/** The secret itself in a header: it proves the sender, but nothing of the body. */
export function secretToken(header: string): SignatureCheck {
  return ({ headers, secrets }) => {
    const value = headers.get(header);
    if (value === null) return refused(`the header ${header} is missing`);
    const given = digestOf(value);
    let known = false;
    for (const secret of secrets) if (timingSafeEqual(given, digestOf(secret))) known = true;
    return known ? { ok: true } : refused(`${header} is none of the secrets`);
  };
}

/** Secrets as one text, the current one first; separated by spaces or commas. */
export function secretsIn(text: string | null): readonly string[] {
  return (text ?? '').split(/[\s,]+/).filter((secret) => secret !== '');
}

/** For the configuration: what is wrong with the secrets in a text; null when nothing is. */
export function wrongWithSecrets(text: string): string | null {
  const secrets = secretsIn(text);
  if (secrets.length === 0) return 'contains no secret';
  return secrets.every((secret) => secret.length >= 16)
    ? null
    : 'expected secrets of 16 characters or more, separated by spaces';
}

function staleness(
  value: string | null,
  { header, unit }: NonNullable<HmacScheme['timestamp']>,
  nowMs: number,
): string | null {
  if (value === null || !/^\d{1,16}$/.test(value)) return `the header ${header} is missing or not a number`;
  const atMs = Number(value) * (unit === 'seconds' ? 1_000 : 1);
  const apartMs = Math.abs(nowMs - atMs);
  if (apartMs <= toleranceMs) return null;
  return `${header} is ${Math.round(apartMs / 1_000)} s from the time here; at most ${toleranceMs / 1_000} s are accepted`;
}

function refused(detail: string): Verdict {
  return { ok: false, detail };
}
/** All of one length, so that they can be compared without telling how much of them is right. */
function digestOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}
