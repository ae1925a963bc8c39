// How much a JSON text is before it is parsed: two bytes of `{}` become sixty in memory, and a million brackets a stack. Fed in
// pieces, so that a compressed text is given up while it inflates.

export type ShapeLimits = {
  /** Objects and arrays. */
  readonly maxContainers: number;
  readonly maxDepth: number;
};
export type ShapeProblem = 'too-many' | 'too-deep';

export type ShapeCounter = {
  /** The next bytes of the text; what is wrong with it so far, or null. */
  push(bytes: Uint8Array): ShapeProblem | null;
};

const quote = 0x22;
const backslash = 0x5c;

/** Counts brackets outside of strings; whether they match is for the parser to say. */
export function createShapeCounter({ maxContainers, maxDepth }: ShapeLimits): ShapeCounter {
  let containers = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  return {
    push(bytes) {
      for (let index = 0; index < bytes.length; index += 1) {
        const byte = bytes[index];
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === backslash) escaped = true;
          else if (byte === quote) inString = false;
        } else if (byte === quote) inString = true;
        else if (byte === 0x7b || byte === 0x5b) {
          containers += 1;
          depth += 1;
          if (containers > maxContainers) return 'too-many';
          if (depth > maxDepth) return 'too-deep';
        } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
      }
      return null;
    },
  };
}
