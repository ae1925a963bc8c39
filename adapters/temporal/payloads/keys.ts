// The keys that payloads are signed or encrypted with, the current one first. From one secret come two keys, one for each use; the
// ones for encryption are made anew for each incident and call, so that no key meets too many nonces.

import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

export type PayloadKey = {
  readonly id: string;
  readonly signing: KeyObject;
  /** The key to encrypt with what is bound to `binding`. */
  encryption(binding: string): Buffer;
};

/** The first is the current one: it signs. All of them are accepted. */
export type PayloadKeys = readonly [PayloadKey, ...PayloadKey[]];

type Secret = { readonly id: string; readonly secret: Buffer };

export function payloadKeys([current, ...older]: readonly [Secret, ...Secret[]]): PayloadKeys {
  return [payloadKey(current), ...older.map(payloadKey)];
}

function payloadKey({ id, secret }: Secret): PayloadKey {
  const derived = (use: string) =>
    Buffer.from(hkdfSync('sha256', secret, '', `sentinel payloads: ${use}`, 32));
  const signing = createSecretKey(derived('sign'));
  const encrypting = createSecretKey(derived('encrypt'));
  return {
    id,
    signing,
    encryption: (binding) => createHmac('sha256', encrypting).update(binding).digest(),
  };
}
