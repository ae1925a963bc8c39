// A whole payload as bytes, for what is encrypted: the length of its metadata, the metadata as JSON, then the data as it is.

import type { Payload } from '@temporalio/common';

const lengthBytes = 4;

export function encodeInner({ metadata, data }: Payload): Buffer {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [
    name,
    Buffer.from(value).toString('base64'),
  ]);
  const head = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, data ?? new Uint8Array()]);
}

/** Of bytes that `encodeInner` made: call it only with what was authenticated. */
export function decodeInner(bytes: Buffer): Payload {
  const headEnd = lengthBytes + bytes.readUInt32BE(0);
  const head = JSON.parse(bytes.subarray(lengthBytes, headEnd).toString()) as Record<string, string>;
  const entries = Object.entries(head).map(([name, value]) => [name, Buffer.from(value, 'base64')]);
  return { metadata: Object.fromEntries(entries), data: bytes.subarray(headEnd) };
}
