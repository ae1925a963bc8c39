// What comes from outside, made storable. Postgres text cannot hold U+0000, and UTF-8 cannot hold half a surrogate pair;
// both become U+FFFD here, so that a hostile string is kept and shown as such, and can never make a write fail for ever.

export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

/** Plain JSON of a value, for a `json` column; every string in it, keys included, is valid Unicode. */
export function json(value: unknown): string {
  // JSON.stringify writes a surrogate as an escape only when it stands alone. Escapes are matched one after the other,
  // so that an escaped backslash before a `u` is not taken for one.
  return JSON.stringify(value).replace(/\\(?:u[0-9a-f]{4}|.)/g, (sequence) =>
    /^\\ud[89a-f]/.test(sequence) ? '\uFFFD' : sequence,
  );
}

/** The value as it will be read back: what is hashed is what is stored. */
export function asStored<T>(value: T): T {
  return JSON.parse(json(value)) as T;
}
