import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelText, parseLabels } from '../../../../domain/detection/aggregate/labels.ts';

describe('the text of a label set', () => {
  it('does not depend on the order of the labels', () => {
    expect(labelText({ b: '2', a: '1' })).toBe('a=1,b=2');
    expect(labelText({ a: '1', b: '2' })).toBe('a=1,b=2');
    expect(labelText({})).toBe('');
  });

  it('is read back, whatever stands in it', () => {
    const short = fc.string({ unit: 'binary', maxLength: 20 });
    fc.assert(
      fc.property(fc.dictionary(short, short, { maxKeys: 5, noNullPrototype: true }), (labels) => {
        fc.pre(!Object.hasOwn(labels, '__proto__'));
        expect({ ...parseLabels(labelText(labels)) }).toEqual({ ...labels });
      }),
    );
  });

  it('is bounded, and still differs when the labels differ', () => {
    const long = labelText({ path: 'x'.repeat(10_000), id: '1' });
    expect(long.length).toBeLessThan(600);
    expect(long).not.toBe(labelText({ path: `${'x'.repeat(10_000)}y`, id: '1' }));
  });
});
