// How large an LZ4 frame can get, from its headers alone: the decoder itself knows no bound.
// Source: LZ4 Frame Format Description 1.6.

const magic = 0x184d2204;
/** By the number in the block descriptor: 64 KiB, 256 KiB, 1 MiB, 4 MiB. */
const blockBytes: Readonly<Record<number, number>> = { 4: 2 ** 16, 5: 2 ** 18, 6: 2 ** 20, 7: 2 ** 22 };

/** The most bytes that the frame can unfold to. Throws for what is no LZ4 frame. */
export function mostLz4Bytes(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== magic) throw new Error('it is no LZ4 frame');
  const flags = frame.readUInt8(4);
  const largest = blockBytes[(frame.readUInt8(5) >> 4) & 7];
  if (largest === undefined) throw new Error('an LZ4 frame with blocks of unknown size');
  const hasBlockChecksums = (flags & 0x10) !== 0;
  const hasSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  let at = 7 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0);
  let most = 0;
  while (at + 4 <= frame.length) {
    const size = frame.readUInt32LE(at);
    if (size === 0) return most;
    const stored = size & 0x7fffffff;
    // The highest bit: stored as it is.
    most += size === stored ? Math.min(largest, stored * 255) : stored;
    at += 4 + stored + (hasBlockChecksums ? 4 : 0);
  }
  return most;
}
