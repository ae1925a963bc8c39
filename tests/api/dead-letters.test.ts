// Dead letters of all kinds as one list: newest first, every one on exactly one page, whatever a look gets to see at a time.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDeadLetters, merge } from '../../api/dead-letters/desk.ts';
import { inboxDeadLetters } from '../../api/dead-letters/inbox.ts';
import { kafkaDeadLetters } from '../../api/dead-letters/kafka.ts';
import type {
  Before,
  DeadItem,
  DeadItems,
  DeadLetterSource,
  Lane,
  LetterTopic,
} from '../../api/dead-letters/ports.ts';
import { shownText } from '../../api/dead-letters/shown-text.ts';
import type { DeadLetter } from '../../api/ports/dead-letters.ts';
import { person } from '../support/people.ts';

const letterAt = (name: string, position: number, atMs: number): DeadLetter => ({
  ...{
    id: `kafka-${name}-${position}`,
    kind: 'kafka',
    source: '',
    topic: 'alerts',
    key: '',
    reason: 'not-json',
  },
  ...{ detail: '', failures: 1, atMs, replayedAtMs: null, replayedBy: null },
});

/** Lanes whose letters have these instants, oldest first; a look goes through `stretch` of them. */
function sourceOf(lanes: readonly (readonly number[])[], stretch: number): DeadLetterSource {
  return {
    kind: 'kafka',
    async newest(_filter, before: Before) {
      return lanes.flatMap((instants, index): readonly Lane[] => {
        const name = `k${index}`;
        const upper = before === null ? instants.length : before.get(name);
        if (upper === undefined) return [];
        const from = Math.max(0, upper - stretch);
        const letters = instants
          .slice(from, upper)
          .map((atMs, at) => ({ letter: letterAt(String(index), from + at, atMs), position: from + at }))
          .reverse();
        return [{ name, letters, rest: from > 0 ? from : null }];
      });
    },
    show: async () => null,
    replay: async (ids) => ids.map((id) => ({ id, outcome: 'replayed' })),
  };
}

const instants = fc
  .array(fc.integer({ min: 0, max: 50 }), { maxLength: 12 })
  .map((list) => list.toSorted((a, b) => a - b));

test('page after page: each exactly once, newest first', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(instants, { maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 6 }),
      async (lanes, limit, stretch) => {
        const letters = createDeadLetters([sourceOf(lanes, stretch)]);
        const seen: DeadLetter[] = [];
        let cursor: string | null = null;
        do {
          const page = await letters.list({}, limit, cursor);
          expect(page.items.length).toBeLessThanOrEqual(limit);
          seen.push(...page.items);
          cursor = page.nextCursor;
        } while (cursor !== null);
        expect(seen.map(({ id }) => id).toSorted()).toEqual(
          lanes.flatMap((list, index) => list.map((_, at) => `kafka-${index}-${at}`)).toSorted(),
        );
        const times = seen.map(({ atMs }) => atMs);
        expect(times).toEqual(times.toSorted((a, b) => b - a));
      },
    ),
  );
});

test('a lane that was not looked at to its end may hold newer ones: the page ends before it guesses', () => {
  const old = { letter: letterAt('1', 0, 1), position: 0 };
  const page = merge(
    [
      { name: 'k0', letters: [], rest: 40 },
      { name: 'k1', letters: [old], rest: null },
    ],
    10,
  );
  expect(page.items).toEqual([]);
  expect(page.nextCursor).not.toBeNull();
});

test('a cursor of another list is none of this one', async () => {
  const letters = createDeadLetters([sourceOf([[1]], 1)]);
  await expect(letters.list({}, 1, 'bm9wZQ')).rejects.toThrow('cursor');
});

describe('of the inbox', () => {
  const item = (seq: number): DeadItem => ({
    ...{ seq, id: `event-${seq}`, environment: 'prod', service: 'orders', reason: 'no', attempts: 300 },
    ...{ receivedAtMs: 0, deadAtMs: seq },
  });
  const items: DeadItems = {
    list: async (_filter, before, limit) =>
      [5, 4, 3, 2, 1]
        .filter((seq) => before === null || seq < before)
        .slice(0, limit)
        .map(item),
    get: async (seq) =>
      seq === 3 ? { item: item(3), body: { token: 'x', summary: 'password=hunter2Zk9vQ4mXw7Lr' } } : null,
    replay: async (seq) => (seq === 3 ? 'replayed' : 'not-found'),
  };
  const letters = createDeadLetters([inboxDeadLetters(items)]);

  test('they are beside those of Kafka, and left out where a filter is for records only', async () => {
    const both = createDeadLetters([sourceOf([[2, 4]], 9), inboxDeadLetters(items)]);
    const ids = async (filter: Parameters<typeof both.list>[0]) =>
      (await both.list(filter, 50, null)).items.map(({ id }) => id);
    expect(await ids({})).toEqual([
      'inbox-5',
      'kafka-0-1',
      'inbox-4',
      'inbox-3',
      'kafka-0-0',
      'inbox-2',
      'inbox-1',
    ]);
    expect(await ids({ kind: 'inbox' })).toHaveLength(5);
    expect((await letters.list({ topic: 'alerts' }, 50, null)).items).toEqual([]);
    expect((await letters.list({ replayed: true }, 50, null)).items).toEqual([]);
    expect((await letters.list({ reason: 'not-json' }, 50, null)).items).toEqual([]);
    expect((await letters.list({ reason: 'given-up' }, 2, null)).items).toMatchObject([
      { id: 'inbox-5', key: 'prod/orders', detail: 'no', failures: 300 },
      { id: 'inbox-4' },
    ]);
  });

  test('shown without secrets; replayed one by one, and the same id asked twice once', async () => {
    expect(JSON.stringify(await letters.show('inbox-3'))).not.toContain('hunter2');
    expect(await letters.show('inbox-4')).toBeNull();
    expect(await letters.replay(['inbox-3', 'inbox-9', 'inbox-3', 'pigeon-1'], person('ada'), '')).toEqual([
      { id: 'inbox-3', outcome: 'replayed' },
      { id: 'inbox-9', outcome: 'not-found' },
      { id: 'pigeon-1', outcome: 'not-found' },
    ]);
  });
});

test('of Kafka: what is gone, cannot be read, or stands twice for one record is not sent', async () => {
  const of = (offset: number) => ({ topic: 'alerts', partition: 0, offset, failures: 1, timestampMs: 0 });
  const letter = (offset: number, source: number) => ({
    ...{ partition: 0, offset, atMs: 0, key: '', reason: 'not-json', detail: '' },
    of: of(source),
  });
  const original = { key: null, value: Buffer.from('x'), isUnreadable: false };
  const kept = [
    { letter: letter(0, 10), original },
    { letter: letter(1, 11), original: null },
    { letter: letter(2, 12), original: { ...original, isUnreadable: true } },
    { letter: letter(3, 10), original },
  ];
  const sent: number[] = [];
  const happened: string[] = [];
  const topic: LetterTopic = {
    newest: async () => [],
    withOriginals: async (places) => places.map(({ offset }) => kept[offset] ?? null),
    async resend(records) {
      happened.push('sent');
      sent.push(...records.map((one) => one.letter.of.offset));
    },
  };
  const source = kafkaDeadLetters(topic, {
    sent: async () => new Map(),
    begin: async () => void happened.push('written'),
    finish: async () => void happened.push('finished'),
  });
  const ids = ['kafka-0-0', 'kafka-0-1', 'kafka-0-2', 'kafka-0-3', 'kafka-0-4'];
  expect((await source.replay(ids, person('ada'), '')).map(({ outcome }) => outcome)).toEqual([
    'replayed',
    'gone',
    'unreadable',
    'already-replayed',
    'not-found',
  ]);
  expect(sent).toEqual([10]);
  expect(happened).toEqual(['written', 'sent', 'finished']);
});

test('bytes as text: without control characters, and cut', () => {
  expect(shownText(Buffer.from('\u001b[31mred\u0000'))).toEqual({ text: '·[31mred·', cut: false });
  const words = shownText(Buffer.from('lots of words '.repeat(4_000)));
  expect(words.cut).toBe(true);
  expect(words.text).toMatch(/^lots of words /);
  const long = shownText(Buffer.from(JSON.stringify(Array.from({ length: 9_000 }, () => 'word'))));
  expect(long).toMatchObject({ cut: true, text: expect.stringMatching(/^\["word",.{31000}/) });
  expect(shownText(Buffer.from('not JSON, password=hunter2Zk9vQ4mXw7Lr')).text).not.toContain('hunter2');
  expect(shownText(null)).toEqual({ text: null, cut: false });
});
