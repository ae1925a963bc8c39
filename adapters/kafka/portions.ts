// A batch of records in portions: as many as its worker takes at once, and never more than can be held several times over.

type Sized = { readonly key: Uint8Array | null; readonly value: Uint8Array | null };

/** One record may be larger. */
const maxPortionBytes = 1024 * 1024;

export function* portions<T extends Sized>(records: readonly T[], atOnce: number): Generator<readonly T[]> {
  let from = 0;
  let bytes = 0;
  for (const [index, { key, value }] of records.entries()) {
    const size = (key?.length ?? 0) + (value?.length ?? 0);
    if (index > from && (index - from >= atOnce || bytes + size > maxPortionBytes)) {
      yield records.slice(from, index);
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < records.length) yield records.slice(from);
}
