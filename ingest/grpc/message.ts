// The one message of a unary gRPC call: five bytes that say whether it is compressed and how long it is, then itself.
// Source: grpc/grpc, doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message".

import type { Readable } from 'node:stream';

const headBytes = 5;

export type Message = {
  readonly compressed: boolean;
  /** As sent. */
  readonly size: number;
  /** Ends with the call. Throws when that is before or after the message ends. */
  readonly body: AsyncIterable<Uint8Array>;
};

/** Reads the head; the body is left for whoever wants it. Null when the call ends without a message. */
export async function openMessage(call: Readable): Promise<Message | null> {
  const chunks: AsyncIterator<Buffer> = call.iterator({ destroyOnReturn: false });
  let read = Buffer.alloc(0);
  while (read.length < headBytes) {
    const { done, value } = await chunks.next();
    if (done === true) return null;
    read = Buffer.concat([read, value]);
  }
  const size = read.readUInt32BE(1);
  return { compressed: read[0] === 1, size, body: bodyOf(read.subarray(headBytes), chunks, size) };
}

async function* bodyOf(first: Buffer, chunks: AsyncIterator<Buffer>, size: number) {
  let left = size;
  for (let chunk = first; ; ) {
    if (chunk.length > left) throw new Error('more than one message');
    left -= chunk.length;
    yield chunk;
    const { done, value } = await chunks.next();
    if (done !== true) chunk = value;
    else if (left === 0) return;
    else throw new Error('the message ends early');
  }
}

/** A message as it is answered, uncompressed. */
export function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
