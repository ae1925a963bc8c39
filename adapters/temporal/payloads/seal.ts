// One payload, sealed and opened. A sealed payload says which key it was sealed with and what it is bound to; the seal covers both, so
// that whoever opens it without knowing the incident (the codec endpoint) learns it, and whoever knows it compares.
//
// Signed: the data stays as it is, readable in every Web UI; an HMAC-SHA-256 stands beside it. Encrypted: AES-256-GCM over the whole
// payload, with key and binding as additional data.

import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Payload, SerializationContext } from '@temporalio/common';
import type { PayloadRefusal } from '../../../domain/unauthenticated.ts';
import { decodeInner, encodeInner } from './inner.ts';
import type { PayloadKey, PayloadKeys } from './keys.ts';

export type PayloadMode = 'signed' | 'encrypted';

export type Opened =
  | { readonly ok: true; readonly payload: Payload; readonly binding: string }
  | { readonly ok: false; readonly reason: PayloadRefusal; readonly keyId: string | null };

type Bytes = { readonly metadata: Readonly<Record<string, Buffer>>; readonly data: Buffer };

const field = { key: 'sentinel-key', binding: 'sentinel-bound-to', seal: 'sentinel-seal' } as const;
const ours: readonly string[] = Object.values(field);
const encryptedEncoding = 'binary/encrypted';
const nonceBytes = 12;
const tagBytes = 16;
const version = 'sentinel payload 1';

/** What the SDK knows of where a payload belongs. The words of a task that failed belong nowhere, and are taken nowhere else. */
export function bindingOf(context: SerializationContext | undefined): string {
  if (context === undefined) return JSON.stringify(['nowhere']);
  const { type, namespace, workflowId = '' } = context;
  return JSON.stringify(
    type === 'workflow'
      ? [type, namespace, workflowId]
      : [type, namespace, workflowId, context.activityId ?? ''],
  );
}

export function seal(payload: Payload, binding: string, [key]: PayloadKeys, mode: PayloadMode): Payload {
  const bytes = inBytes(payload);
  const stated = { [field.key]: Buffer.from(key.id), [field.binding]: Buffer.from(binding) };
  if (mode === 'signed') {
    const signature = sign(bytes, binding, key);
    return { metadata: { ...bytes.metadata, ...stated, [field.seal]: signature }, data: bytes.data };
  }
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key.encryption(binding), nonce);
  cipher.setAAD(statement(binding, key));
  const text = Buffer.concat([cipher.update(encodeInner(bytes)), cipher.final()]);
  return {
    metadata: { encoding: Buffer.from(encryptedEncoding), ...stated },
    data: Buffer.concat([nonce, cipher.getAuthTag(), text]),
  };
}

/** Never throws: whatever it is given, it opens or is refused. */
export function open(payload: Payload, keys: PayloadKeys): Opened {
  const bytes = inBytes(payload);
  const keyId = bytes.metadata[field.key]?.toString() ?? null;
  const binding = bytes.metadata[field.binding]?.toString() ?? null;
  const refused = (reason: PayloadRefusal): Opened => ({
    ok: false,
    reason,
    keyId: keyId?.slice(0, 64) ?? null,
  });
  if (keyId === null || binding === null) return refused('unsigned');
  const key = keys.find(({ id }) => id === keyId);
  if (key === undefined) return refused('unknown-key');
  const isEncrypted = bytes.metadata.encoding?.toString() === encryptedEncoding;
  const opened = isEncrypted ? decrypted(bytes, binding, key) : verified(bytes, binding, key);
  return opened === null ? refused('altered') : { ok: true, payload: opened, binding };
}

function verified({ metadata, data }: Bytes, binding: string, key: PayloadKey): Payload | null {
  const given = metadata[field.seal];
  const others = Object.entries(metadata).filter(([name]) => !ours.includes(name));
  const bare = { metadata: Object.fromEntries(others), data };
  const expected = sign(bare, binding, key);
  return given?.length === expected.length && timingSafeEqual(given, expected) ? bare : null;
}

function decrypted({ data }: Bytes, binding: string, key: PayloadKey): Payload | null {
  if (data.length < nonceBytes + tagBytes) return null;
  const nonce = data.subarray(0, nonceBytes);
  const options = { authTagLength: tagBytes };
  const decipher = createDecipheriv('aes-256-gcm', key.encryption(binding), nonce, options);
  decipher.setAAD(statement(binding, key));
  decipher.setAuthTag(data.subarray(nonceBytes, nonceBytes + tagBytes));
  try {
    const text = [decipher.update(data.subarray(nonceBytes + tagBytes)), decipher.final()];
    return decodeInner(Buffer.concat(text));
  } catch {
    return null; // the tag does not fit: the one thing that final() throws for
  }
}

/** Over fields with their lengths, so that no two payloads give the same bytes. */
function sign({ metadata, data }: Bytes, binding: string, key: PayloadKey): Buffer {
  const hmac = createHmac('sha256', key.signing).update(statement(binding, key));
  const add = (bytes: Buffer) => hmac.update(`${bytes.length}:`).update(bytes);
  for (const [name, value] of Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    add(Buffer.from(name));
    add(value);
  }
  hmac.update('data');
  add(data);
  return hmac.digest();
}

const statement = (binding: string, { id }: PayloadKey): Buffer =>
  Buffer.from(JSON.stringify([version, id, binding]));

/** The SDK gives an empty field as an array, and one that was left out as null. */
function inBytes({ metadata, data }: Payload): Bytes {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, bytesOf(value)]);
  return { metadata: Object.fromEntries(entries), data: bytesOf(data) };
}

function bytesOf(value: Uint8Array | null | undefined): Buffer {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value ?? []);
}
