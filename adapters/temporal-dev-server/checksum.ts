/** Whether a downloaded executable is the one that was pinned. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** The last version that `go install` accepts: later ones carry replace directives. Server 1.29, Web UI 2.42. */
export const temporalCliVersion = 'v1.5.1';

/**
 * SHA-256 of the executable by platform, as published with the release of the pinned version. A platform without a line is
 * downloaded over TLS and not checked; that is said when it happens, and in SECURITY.md.
 */
export const knownChecksums: Readonly<Record<string, string>> = {};

export type Checked =
  | { readonly kind: 'matches' | 'unknown'; readonly sha256: string }
  | { readonly kind: 'differs'; readonly sha256: string; readonly expected: string };

export async function checkExecutable(
  file: string,
  platform: string,
  checksums: Readonly<Record<string, string>> = knownChecksums,
): Promise<Checked> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  const sha256 = hash.digest('hex');
  const expected = checksums[platform];
  if (expected === undefined) return { kind: 'unknown', sha256 };
  return expected === sha256 ? { kind: 'matches', sha256 } : { kind: 'differs', sha256, expected };
}
