// Who of a group reads what: topics that are read together by one, the others by all.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareOut } from '../../../adapters/kafka/together.ts';

const topics = ['alerts', 'observations', 'otlp_logs', 'otlp_metrics', 'otlp_spans'];
const together = ['otlp_logs', 'otlp_metrics', 'otlp_spans'];
const three = (): readonly number[] => [0, 1, 2];
const all = (names: readonly string[]) => new Map(names.map((name) => [name, topics]));
const readersOf = (given: ReturnType<typeof shareOut>, topic: string): readonly string[] =>
  [...given].filter(([, own]) => (own[topic] ?? []).length > 0).map(([member]) => member);

test('one member has everything', () => {
  expect(shareOut(all(['a']), topics, together, three).get('a')).toEqual(
    Object.fromEntries(topics.map((topic) => [topic, [0, 1, 2]])),
  );
});

test('of several, one has what is read together, and the others begin with the rest', () => {
  const given = shareOut(all(['b', 'a', 'c']), topics, together, three);
  for (const topic of together) expect(readersOf(given, topic)).toEqual(['a']);
  expect(given.get('b')).toEqual({ alerts: [0], observations: [0] });
  expect(given.get('c')).toEqual({ alerts: [1], observations: [1] });
});

test('a member that does not know a topic yet is given none of it', () => {
  const reads = new Map([
    ['a', ['alerts', 'observations']],
    ['b', topics],
  ]);
  const given = shareOut(reads, topics, together, three);
  for (const topic of together) expect(readersOf(given, topic)).toEqual(['b']);
  expect(readersOf(given, 'alerts')).toEqual(['a', 'b']);
});

test('every partition has exactly one reader, whatever the order of the members', () => {
  const members = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(members, fc.integer({ min: 1, max: 7 }), (names, partitions) => {
      const of = (): readonly number[] => Array.from({ length: partitions }, (_, index) => index);
      const given = shareOut(all(names), topics, together, of);
      for (const topic of topics) {
        const shared = [...given.values()].flatMap((own) => own[topic] ?? []);
        expect(shared.toSorted((a, b) => a - b)).toEqual(of());
        if (together.includes(topic)) expect(readersOf(given, topic)).toHaveLength(1);
      }
      expect(shareOut(all([...names].reverse()), topics, together, of)).toEqual(given);
    }),
  );
});
