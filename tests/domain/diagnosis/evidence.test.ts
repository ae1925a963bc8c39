import { describe, expect, it } from 'vitest';
import { openBook } from '../../../domain/diagnosis/evidence.ts';
import { percent, share, shown } from '../../../domain/diagnosis/names.ts';

const fact = { source: 'traces', service: 'api', fromMs: 0, toMs: 1, finding: 'It fails.' } as const;

describe('evidence', () => {
  it('is numbered in the order of finding, each fact once', () => {
    const book = openBook('test');
    expect(book.note(fact)).toBe('E1');
    expect(book.note({ ...fact, instance: 'api-1' })).toBe('E2');
    expect(book.note(fact)).toBe('E1');
    expect(book.all().map(({ id }) => id)).toEqual(['E1', 'E2']);
    expect(book.all()[1]?.scope).toEqual({ environment: 'test', service: 'api', resourceId: 'api-1' });
  });

  it('has ids of its own in every analysis of an incident', () => {
    expect(openBook('test', 2).note(fact)).toBe('E2.1');
  });

  it('leaves out figures that were not measured, and rounds the others', () => {
    const book = openBook('test');
    book.note({ ...fact, figures: { a: Number.NaN, b: 1 / 3, c: Number.POSITIVE_INFINITY, d: 12 } });
    expect(book.all()[0]?.figures).toEqual({ b: 0.3333, d: 12 });
  });
});

describe('words', () => {
  it('show names and shares plainly', () => {
    expect(shown('api<script>\n')).toBe('api?script??');
    expect(shown('x'.repeat(500))).toHaveLength(80);
    expect(percent(0.034)).toBe('3.4 %');
    expect(percent(0.5)).toBe('50 %');
    expect([share(1, 1), share(1, 3), share(2, 3), share(3, 3)]).toEqual([
      'its instance',
      'one of 3 instances',
      '2 of 3 instances',
      'all 3 instances',
    ]);
  });
});
