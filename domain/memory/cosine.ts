// How alike two texts are, by their vectors.

import type { Vector } from './port.ts';

/** From -1 to 1; 0 where one of them says nothing. */
export function cosine(one: Vector, other: Vector): number {
  let [dot, left, right] = [0, 0, 0];
  for (let at = 0; at < one.length; at += 1) {
    const [a, b] = [one[at] ?? 0, other[at] ?? 0];
    dot += a * b;
    left += a * a;
    right += b * b;
  }
  const lengths = Math.sqrt(left * right);
  return lengths === 0 ? 0 : Math.min(1, Math.max(-1, dot / lengths));
}
