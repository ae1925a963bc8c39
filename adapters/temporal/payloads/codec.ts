// The codec of every client and worker: what leaves is sealed and bound to its incident or call, what arrives is opened and compared
// with where it arrived.
//
// A client that gets something it cannot take fails with the reason. A worker must not: a workflow task whose input cannot be decoded is
// tried for ever, so that one foreign signal would stop an incident. There a placeholder takes the value's place, and the
// interceptors (workflows/interceptors, app/worker/payload-guard.ts) refuse that one message.

import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import {
  type PayloadRefusal,
  placeholderFor,
  refusalText,
  type Unauthenticated,
} from '../../../domain/unauthenticated.ts';
import type { PayloadKeys } from './keys.ts';
import { bindingOf, open, type PayloadMode, seal } from './seal.ts';

export type PayloadProtection = {
  readonly keys: PayloadKeys;
  readonly mode: PayloadMode;
  /** Since when every process seals: what began before may be unsigned. Null: nothing may. */
  readonly keysSinceMs: number | null;
  readonly nowMs: () => number;
  /** Told of each one, replayed ones included. */
  readonly onRefused?: (refused: {
    readonly reason: PayloadRefusal;
    readonly keyId: string | null;
    readonly where: string;
  }) => void;
};

/** What a payload of Sentinel's was refused for, thrown to clients. */
export class PayloadRefused extends Error {
  override readonly name = 'PayloadRefused';
}

export function createPayloadCodec(protection: PayloadProtection, side: 'client' | 'worker'): PayloadCodec {
  const { keys, mode, keysSinceMs, nowMs, onRefused } = protection;

  function take(payload: Payload, context: SerializationContext | undefined): Payload {
    const where = bindingOf(context);
    const opened = open(payload, keys);
    if (opened.ok && opened.binding === where) return opened.payload;
    const { reason, keyId } = opened.ok ? { reason: 'foreign' as const, keyId: null } : opened;
    if (side === 'client') {
      // Processes without keys may still be answering, until they are all replaced.
      if (reason === 'unsigned' && keysSinceMs !== null && nowMs() < keysSinceMs) return payload;
      onRefused?.({ reason, keyId, where });
      throw new PayloadRefused(refusalText(`An answer from Temporal (${where})`, { reason, keyId }));
    }
    // Whether an unsigned one is taken, its run or call decides by when it began.
    if (reason !== 'unsigned' || keysSinceMs === null) onRefused?.({ reason, keyId, where });
    return toJson(
      placeholderFor({ reason, keyId, keysSinceMs, ...(reason === 'unsigned' ? jsonOf(payload) : {}) }),
    );
  }

  return {
    async encode(payloads, context) {
      const binding = bindingOf(context);
      return payloads.map((payload) => seal(payload, binding, keys, mode));
    },
    async decode(payloads, context) {
      return payloads.map((payload) => take(payload, context));
    },
  };
}

const encodingOf = ({ metadata }: Payload): string => Buffer.from(metadata?.encoding ?? []).toString();

/** The value as text, where it is one that Sentinel itself could have written. */
function jsonOf(payload: Payload): Pick<Unauthenticated, 'json'> {
  const encoding = encodingOf(payload);
  if (encoding === 'binary/null') return { json: null };
  if (encoding !== 'json/plain') return {};
  const json = Buffer.from(payload.data ?? []).toString();
  try {
    JSON.parse(json);
    return { json };
  } catch {
    return {}; // no JSON, whatever it says of itself: refused like anything that is not ours
  }
}

function toJson(value: object): Payload {
  return { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(value)) };
}
