// Whether a text is a certificate that SNS signs with. AWS serves the certificate alone, without what issued it: that it is the one of
// SNS follows from where it was read, over TLS from the host of the region; here it has to say so itself, too.

import { X509Certificate } from 'node:crypto';

/** Which parts of a text are certificates, as far as one is wanted. */
const certificates = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const mostInChain = 5;
const fewestBits = 2048;

export type Judged =
  | { readonly ok: true; readonly certificate: X509Certificate }
  | { readonly ok: false; readonly detail: string };

export function signingCertificate(text: string, names: readonly string[], nowMs: number): Judged {
  const chain = chainIn(text);
  const [certificate] = chain;
  if (certificate === undefined) return { ok: false, detail: 'is no certificate' };
  const wrong = wrongWith(certificate, names) ?? brokenIn(chain, nowMs);
  return wrong === null ? { ok: true, certificate } : { ok: false, detail: wrong };
}

function chainIn(text: string): readonly X509Certificate[] {
  try {
    return (text.match(certificates) ?? []).slice(0, mostInChain).map((one) => new X509Certificate(one));
  } catch {
    return [];
  }
}

function wrongWith(certificate: X509Certificate, names: readonly string[]): string | null {
  if (certificate.ca) return 'is the certificate of an authority';
  if (!names.some((name) => certificate.checkHost(name, { wildcards: false }) !== undefined))
    return `is issued to nobody of ${names.join(', ')}`;
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  if (asymmetricKeyType !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) < fewestBits)
    return `has no RSA key of ${fewestBits} bits or more`;
  return null;
}

function brokenIn(chain: readonly X509Certificate[], nowMs: number): string | null {
  for (const [index, one] of chain.entries()) {
    if (nowMs < one.validFromDate.getTime()) return `is not valid before ${one.validFrom}`;
    if (nowMs > one.validToDate.getTime()) return `is not valid after ${one.validTo}`;
    const issuer = chain[index + 1];
    if (issuer !== undefined && !(issuer.ca && one.checkIssued(issuer) && one.verify(issuer.publicKey)))
      return 'was not issued by the one that comes with it';
  }
  return null;
}
