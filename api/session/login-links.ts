// One-time login links for whoever holds a key already, such as the person at the terminal that Sentinel was started in: the
// first minute needs no copying of keys. The link's secret stands behind `#`, which browsers keep to themselves: it is in
// no log, no proxy and no Referer.

import { createHash, randomBytes } from 'node:crypto';

export type LoginLinks = {
  /** The secret of a new link for this key; the ones before stay valid for their own time. */
  create(keyId: string): string;
  /** The id of the key that a secret stands for, once; null when it is unknown, used or too old. */
  redeem(secret: string): string | null;
};

const validMs = 5 * 60_000;
/** More than anybody needs within five minutes. */
const mostLinks = 1_000;

/** Only in memory: a restart ends every link. */
export function createLoginLinks(nowMs: () => number): LoginLinks {
  const links = new Map<string, { keyId: string; expiresAtMs: number }>();
  const hash = (secret: string) => createHash('sha256').update(secret).digest('hex');
  return {
    create(keyId) {
      const secret = randomBytes(32).toString('base64url');
      links.set(hash(secret), { keyId, expiresAtMs: nowMs() + validMs });
      const [oldest] = links.keys();
      if (links.size > mostLinks && oldest !== undefined) links.delete(oldest);
      return secret;
    },
    redeem(secret) {
      const key = hash(secret);
      const link = links.get(key);
      links.delete(key);
      return link !== undefined && nowMs() < link.expiresAtMs ? link.keyId : null;
    },
  };
}

/** The address of a link on this server; `path` is the page it leads to. */
export function loginLinkUrl(serverUrl: string, secret: string, path = '/'): string {
  const next = path === '/' ? '' : `?${new URLSearchParams({ next: path })}`;
  return `${serverUrl}/login${next}#once=${secret}`;
}
