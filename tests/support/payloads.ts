/** How what tests give to Temporal is protected: as in an installation, with keys of their own. */
import { Buffer } from 'node:buffer';
import type { PayloadProtection } from '../../adapters/temporal/payloads/codec.ts';
import { payloadKeys } from '../../adapters/temporal/payloads/keys.ts';

/** The same key for the same letter. */
export const payloadSecret = (letter: string) => ({ id: `key-${letter}`, secret: Buffer.alloc(32, letter) });

export function testPayloads(changes: Partial<PayloadProtection> = {}): PayloadProtection {
  return {
    keys: payloadKeys([payloadSecret('a')]),
    mode: 'signed',
    keysSinceMs: null,
    nowMs: () => Date.now(),
    ...changes,
  };
}
