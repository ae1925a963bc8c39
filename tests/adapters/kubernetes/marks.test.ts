/** What is written on a workload with each change bars older sends, and finds an effect again. */
import { describe, expect, it } from 'vitest';
import {
  effectsAnnotation,
  isMarked,
  marksOf,
  overtakenBy,
  withMark,
} from '../../../adapters/kubernetes/marks.ts';

const marked = (...marks: readonly [number, number, string | null][]) =>
  marks.reduce<Readonly<Record<string, string>>>(
    (annotations, [fence, number, id]) => withMark(annotations, { fence }, { number }, id),
    {},
  );

describe('marks', () => {
  it.each([
    [7, 1, false],
    [7, 2, true],
    [8, 1, true],
    [6, 9, false],
  ])('let fence %i, send %i pass after fence 7, send 1: %s', (fence, number, passes) => {
    const overtaken = overtakenBy(marked([7, 1, 'intent-a']), { fence }, { number });
    expect(overtaken === null).toBe(passes);
  });

  it('bar everything up to a send that was closed', () => {
    const closed = marked([7, 2, null]);
    expect(overtakenBy(closed, { fence: 7 }, { number: 2 })).toContain('not newer');
    expect(overtakenBy(closed, { fence: 7 }, { number: 3 })).toBeNull();
    expect(isMarked(closed, 'intent-a')).toBe(false);
  });

  it('keep the newest, in bounds', () => {
    const many = marked(
      ...Array.from({ length: 40 }, (_, index): [number, number, string] => [index, 1, `intent-${index}`]),
    );
    expect(marksOf(many).map(({ fence }) => fence)).toEqual([32, 33, 34, 35, 36, 37, 38, 39]);
    expect(isMarked(many, 'intent-39')).toBe(true);
  });

  it('take nothing from what Sentinel did not write', () => {
    const text = '9.1=intent-a evil 99999999999999999999.1=x -1.2=y 3.1=a=b 4.1=<script>';
    expect(marksOf({ [effectsAnnotation]: text })).toEqual([{ fence: 9, send: 1, intentId: 'intent-a' }]);
  });
});
