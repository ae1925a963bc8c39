// Server-sent events arrive in pieces of any size.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readMessages, type StreamMessage } from '../../cli/event-stream.ts';

async function read(chunks: readonly Uint8Array[]): Promise<readonly StreamMessage[]> {
  return Array.fromAsync(readMessages(ReadableStream.from(chunks)));
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('messages, comments, several lines of data, no space after the colon, a retry alone', async () => {
  const text = 'retry: 5\n\n: hm\n\nevent: a\nid: 1\ndata: {}\n\ndata:x\ndata:  y\n\nevent: b\ndata: cut off';
  expect(await read([bytes(text)])).toEqual([
    { event: 'a', id: '1', data: '{}' },
    { event: 'message', id: '', data: 'x\n y' },
  ]);
});

test('however it is cut, also inside a character or a line end', async () => {
  const text = fc.string({ unit: 'grapheme' }).map((one) => one.replaceAll(/[\r\n]/g, ''));
  const message = fc.record({
    event: fc.constantFrom('a', 'bc'),
    id: fc.constantFrom('7', '12'),
    data: text,
  });
  const messages = fc.array(message, { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      messages,
      fc.array(fc.nat(20)),
      fc.constantFrom('\n', '\r\n'),
      async (wanted, cuts, end) => {
        const whole = bytes(
          wanted
            .map(({ event, id, data }) => `event: ${event}${end}id: ${id}${end}data: ${data}${end}${end}`)
            .join(''),
        );
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const size of cuts) {
          chunks.push(whole.subarray(at, at + size));
          at += size;
        }
        chunks.push(whole.subarray(at));
        expect(await read(chunks)).toEqual(wanted);
      },
    ),
  );
});

test('a message without end is an error, not all the memory there is', async () => {
  const endless = Array.from({ length: 20 }, () => new Uint8Array(1 << 20).fill(97));
  await expect(read(endless)).rejects.toThrow('too long');
});
