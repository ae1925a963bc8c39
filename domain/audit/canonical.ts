// Canonical JSON after RFC 8785 (JCS): one value, one sequence of bytes, so that a hash over it means the value.
// Members are sorted by UTF-16 code units, numbers are written as ECMAScript writes them, strings with the fewest
// escapes. What JSON cannot carry is refused, never dropped: a silently missing member would be a different plan.

export class NotCanonical extends Error {
  override readonly name = 'NotCanonical';
}

/**
 * The canonical text of a plain JSON value. Members whose value is undefined are refused like NaN, infinities, lone
 * surrogates and anything that is no plain object (Date, Map, class instances). Throws NotCanonical, naming the path.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', new Set());
}

function write(value: unknown, path: string, above: Set<object>): string {
  switch (typeof value) {
    case 'string':
      return text(value, path);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isFinite(value)) throw new NotCanonical(`${path}: ${value} has no JSON form`);
      // JSON.stringify writes -0 as 0 and everything else as ECMAScript's Number::toString, as section 3.2.2.3 asks.
      return JSON.stringify(value);
    case 'object':
      return value === null ? 'null' : compound(value, path, above);
    default:
      throw new NotCanonical(`${path}: ${typeof value} has no JSON form`);
  }
}

function compound(value: object, path: string, above: Set<object>): string {
  if (above.has(value)) throw new NotCanonical(`${path}: refers back to itself`);
  above.add(value);
  const written = Array.isArray(value) ? list(value, path, above) : members(value, path, above);
  above.delete(value);
  return written;
}

function list(value: readonly unknown[], path: string, above: Set<object>): string {
  // Array.from visits holes as undefined, which are then refused; map would skip them.
  return `[${Array.from(value, (item, index) => write(item, `${path}[${index}]`, above)).join(',')}]`;
}

function members(value: object, path: string, above: Set<object>): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new NotCanonical(`${path}: not a plain object`);
  }
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${text(key, path)}:${write(item, `${path}.${key}`, above)}`).join(',')}}`;
}

function text(value: string, path: string): string {
  if (!value.isWellFormed()) throw new NotCanonical(`${path}: a lone surrogate is no Unicode text`);
  return JSON.stringify(value);
}
