// A small pure hash for ids: stable over processes and versions, not for security.
// Source: FNV-1a, 64 bit (Fowler, Noll, Vo; RFC 9923).

const offset = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;

/** FNV-1a over the text's UTF-16 code units (low byte first), as 16 hex digits. */
export function fnv1a64(text: string): string {
  let hash = offset;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    hash = BigInt.asUintN(64, (hash ^ BigInt(unit & 0xff)) * prime);
    hash = BigInt.asUintN(64, (hash ^ BigInt(unit >> 8)) * prime);
  }
  return hash.toString(16).padStart(16, '0');
}
