// One-time login links for the person at the terminal that Sentinel was started in: the first minute needs no copying of
// keys. The link's secret stands behind `#`, which browsers keep to themselves: it is in no log, no proxy and no Referer.

import { createHash, randomBytes } from 'node:crypto';

export type LoginLinks = {
  /** The secret of a new link; the ones before stay valid for their own time. */
  create(): string;
  /** The key a secret stands for, once; null when it is unknown, used or too old. */
  redeem(secret: string): string | null;
};

const validMs = 5 * 60_000;

/** Only in memory: a restart ends every link. */
export function createLoginLinks(apiKey: string, nowMs: () => number): LoginLinks {
  const expiryByHash = new Map<string, number>();
  const hash = (secret: string) => createHash('sha256').update(secret).digest('hex');
  return {
    create() {
      const secret = randomBytes(32).toString('base64url');
      expiryByHash.set(hash(secret), nowMs() + validMs);
      return secret;
    },
    redeem(secret) {
      const key = hash(secret);
      const expiresAtMs = expiryByHash.get(key);
      expiryByHash.delete(key);
      return expiresAtMs !== undefined && nowMs() < expiresAtMs ? apiKey : null;
    },
  };
}
