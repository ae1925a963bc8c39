import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Joined } from '../../../domain/correlation/joined.ts';

it('things are one exactly when a way of joins leads from one to the other', () => {
  const pairs = fc.array(fc.tuple(fc.nat(12), fc.nat(12)), { maxLength: 20 });
  fc.assert(
    fc.property(pairs, fc.nat(12), fc.nat(12), (joins, from, to) => {
      const joined = new Joined<number>();
      for (const [one, other] of joins) joined.join(one, other);
      const reached = new Set([from]);
      for (let before = 0; before !== reached.size; ) {
        before = reached.size;
        for (const [one, other] of joins)
          if (reached.has(one) || reached.has(other)) reached.add(one).add(other);
      }
      expect(joined.rootOf(from) === joined.rootOf(to)).toBe(reached.has(to));
    }),
    { numRuns: 100 },
  );
});
