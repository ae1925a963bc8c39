import { expect, it } from 'vitest';
import { type Marked, markOf, marksOf } from '../../../domain/correlation/marks.ts';

const given: Marked = { environment: 'prod', service: 'cart', part: null, title: 'cart is slow', common: {} };
const keys = (more: Partial<Marked>) => marksOf({ ...given, ...more }).map(({ key }) => key);

it('an alert has the marks that its sender names, the strongest first, and what it says', () => {
  const common = { node: 'n1', zone: 'z1', release: 'r7', rule: 'HighLatency' };
  expect(marksOf({ ...given, common }).map(({ kind, value }) => [kind, value])).toEqual([
    ['node', 'n1'],
    ['release', 'r7'],
    ['zone', 'z1'],
    ['text', 'HighLatency'],
  ]);
  expect(marksOf({ ...given, title: '' })).toEqual([]);
});

it('titles say the same but for names and numbers in them', () => {
  expect(keys({ title: 'cart took 900 ms' })).toEqual(keys({ service: 'mail', title: 'mail took 1200 ms' }));
  expect(keys({ title: 'cart took 900 ms' })).not.toEqual(keys({ title: 'cart lost 900 requests' }));
  const rule = (service: string) => keys({ service, common: { rule: `${service}-down` } });
  expect(rule('cart')).toEqual(rule('mail'));
  expect(keys({ service: 'k', title: 'disk full' })).toEqual(keys({ service: 'l', title: 'disk full' }));
});

it.each<[string, Partial<Marked>]>([
  ['environment', { environment: 'test' }],
  ['part of the service graph', { part: 'shop' }],
  ['cluster', { common: { cluster: 'b' } }],
  ['region', { common: { region: 'eu' } }],
])('in another %s the same means something else', (_what, more) => {
  expect(keys(more)).not.toEqual(keys({}));
});

it('a mark is kept as a short key', () => {
  const [mark] = marksOf({ ...given, common: { rule: 'x'.repeat(5_000) } });
  expect(mark?.key.length).toBeLessThan(200);
  expect(markOf(mark?.key ?? '')).toEqual(mark);
});
