// Which services a partition carries. The list travels with the committed offset, so that whoever gets the partition
// next rebuilds what was known of exactly these services, and watches for the silence of no other.

import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';

/** Brokers refuse metadata of more than 4096 bytes unless told otherwise (`offset.metadata.max.bytes`). */
const maxChars = 4_000;
const listSchema = z.record(z.string(), z.array(z.string()));

export class ServicesSeen {
  readonly #seenMs = new Map<string, { environment: string; service: string; atMs: number }>();

  note(environment: string, service: string, atMs: number): void {
    this.#seenMs.set(`${environment}\u0000${service}`, { environment, service, atMs });
  }

  forgetBefore(atMs: number): void {
    for (const [key, seen] of this.#seenMs) if (seen.atMs < atMs) this.#seenMs.delete(key);
  }

  /** By environment. */
  services(): ReadonlyMap<string, readonly string[]> {
    const groups = Map.groupBy(this.#seenMs.values(), ({ environment }) => environment);
    return new Map([...groups].map(([name, of]) => [name, of.map(({ service }) => service)]));
  }

  /** As text for the commit; when there are too many for it, those heard of last. */
  encode(): string {
    let newest = [...this.#seenMs.values()].sort((a, b) => b.atMs - a.atMs);
    for (;;) {
      const groups = Map.groupBy(newest, ({ environment }) => environment);
      const list = Object.fromEntries(
        [...groups].map(([name, of]) => [name, of.map(({ service }) => service)]),
      );
      const text = newest.length === 0 ? '' : deflateRawSync(JSON.stringify(list)).toString('base64');
      if (text.length <= maxChars) return text;
      newest = newest.slice(0, Math.floor((newest.length * maxChars * 0.95) / text.length));
    }
  }
}

/** Services by environment. Metadata that somebody else wrote says nothing. */
export function decodeServices(metadata: string): ReadonlyMap<string, readonly string[]> {
  if (metadata === '') return new Map();
  try {
    const text = inflateRawSync(Buffer.from(metadata, 'base64'), { maxOutputLength: 1_000_000 }).toString();
    return new Map(Object.entries(listSchema.parse(JSON.parse(text))));
  } catch {
    return new Map();
  }
}
