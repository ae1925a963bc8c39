// Many callers, one transaction: who comes together, who hears what, and what one bad entry does to the others.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createGrouped, TooManyWaiting } from '../../../adapters/postgres/grouped.ts';

type Group = {
  readonly entries: readonly string[];
  commit(): void;
  fail(error: unknown): void;
};

/** Every group waits until the test says what becomes of it. */
function underTest(maxGroupSize = 100, maxWaitingSize = 100) {
  const groups: Group[] = [];
  const add = createGrouped(
    (entries: readonly string[]) =>
      new Promise<readonly string[]>((resolve, reject) => {
        groups.push({ entries, commit: () => resolve(entries.map((one) => `${one} is in`)), fail: reject });
      }),
    { sizeOf: (entry) => entry.length, maxGroupSize, maxWaitingSize },
  );
  const group = async (index: number): Promise<Group> => {
    await expect.poll(() => groups.length, { interval: 1 }).toBeGreaterThan(index);
    return groups[index] as Group;
  };
  return { add, group, groups };
}

const badValue = Object.assign(new Error('value too long'), { code: '22001' });

test('what comes at the same moment is one group; what comes while it is under way is the next', async () => {
  const { add, group, groups } = underTest();
  const first = [add('a'), add('b')];
  const together = await group(0);
  expect(together.entries).toEqual(['a', 'b']);
  const second = [add('c'), add('d'), add('e')];
  together.commit();
  expect(await Promise.all(first)).toEqual(['a is in', 'b is in']);
  const next = await group(1);
  expect(next.entries).toEqual(['c', 'd', 'e']);
  next.commit();
  expect(await Promise.all(second)).toEqual(['c is in', 'd is in', 'e is in']);
  const alone = add('f');
  (await group(2)).commit();
  expect(await alone).toBe('f is in');
  expect(groups).toHaveLength(3);
});

test('nobody hears anything before the group is through', async () => {
  const { add, group } = underTest();
  let heard = false;
  const answer = add('a').then(() => {
    heard = true;
  });
  const { commit } = await group(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toBe(false);
  commit();
  await answer;
  expect(heard).toBe(true);
});

test('one bad entry is found, and harms no other', async () => {
  const tried: (readonly string[])[] = [];
  const add = createGrouped(
    async (entries: readonly string[]) => {
      tried.push(entries);
      if (entries.includes('bad')) throw badValue;
      return entries.map((one) => `${one} is in`);
    },
    { sizeOf: () => 1, maxGroupSize: 100, maxWaitingSize: 100 },
  );
  const answers = await Promise.allSettled(['a', 'b', 'c', 'bad', 'e'].map(add));
  expect(answers.map((one) => (one.status === 'fulfilled' ? one.value : one.reason))).toEqual([
    'a is in',
    'b is in',
    'c is in',
    badValue,
    'e is in',
  ]);
  expect(tried.filter((entries) => entries.length === 1 && entries[0] === 'bad')).toHaveLength(1);
});

test.each([
  ['that is away', new Error('Connection terminated unexpectedly')],
  ['that is full', Object.assign(new Error('could not extend file'), { code: '53100' })],
])('a store %s is asked once for all of a group, not once for each', async (_, error) => {
  const { add, group, groups } = underTest();
  const answers = Promise.allSettled([add('a'), add('b'), add('c')]);
  (await group(0)).fail(error);
  expect(await answers).toEqual(Array(3).fill({ status: 'rejected', reason: error }));
  expect(groups).toHaveLength(1);
});

test('a group that failed holds up none that comes after it', async () => {
  const { add, group } = underTest();
  const lost = Promise.allSettled([add('a')]);
  const waiting = await group(0);
  const next = add('b');
  waiting.fail(new Error('gone'));
  expect(await lost).toMatchObject([{ status: 'rejected' }]);
  (await group(1)).commit();
  expect(await next).toBe('b is in');
});

test('a group has its size, and one entry may be larger', async () => {
  const { add, group } = underTest(3);
  const answers = ['xx', 'xx', 'x', 'xxxxx', 'x'].map(add);
  const sizes: (readonly string[])[] = [];
  for (const index of [0, 1, 2]) {
    const { entries, commit } = await group(index);
    sizes.push(entries);
    commit();
  }
  expect(sizes).toEqual([['xx', 'xx'], ['x', 'xxxxx'], ['x']]);
  await Promise.all(answers);
});

test('when too many wait, who comes is refused at once; who waits is not, and there is room again after', async () => {
  const { add, group } = underTest(2, 4);
  const first = add('11');
  const running = await group(0);
  const waiting = [add('22'), add('33')];
  await expect(add('4')).rejects.toThrow(TooManyWaiting);
  running.commit();
  for (const index of [1, 2]) (await group(index)).commit();
  expect(await Promise.all([first, ...waiting])).toEqual(['11 is in', '22 is in', '33 is in']);
  const later = add('55');
  (await group(3)).commit();
  expect(await later).toBe('55 is in');
});

/** Whatever it is given is in after so long; answers with what came together. Only the test lets time pass. */
function recording(lingerMs: number, tookMs: number) {
  const groups: (readonly string[])[] = [];
  const add = createGrouped(
    async (entries: readonly string[]) => {
      groups.push(entries);
      await new Promise((resolve) => setTimeout(resolve, tookMs));
      return entries;
    },
    { sizeOf: () => 1, maxGroupSize: 100, maxWaitingSize: 100, lingerMs },
  );
  return { add, groups };
}

describe('who is waited for', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  test('those who were in one group are, and are the next', async () => {
    const { add, groups } = recording(100, 50);
    const first = Promise.all([add('a'), add('b')]);
    await pass(51);
    await first;
    const second = [add('c')];
    await pass(20);
    second.push(add('d'));
    await pass(60);
    await Promise.all(second);
    expect(groups).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  test('two halves that took turns come together', async () => {
    const { add, groups } = recording(100, 50);
    const first = Promise.all([add('a'), add('b')]);
    await pass(10);
    const second = [add('c'), add('d')];
    await pass(45);
    await first;
    await pass(20);
    second.push(add('a again'), add('b again'));
    await pass(60);
    await Promise.all(second);
    expect(groups).toEqual([
      ['a', 'b'],
      ['c', 'd', 'a again', 'b again'],
    ]);
  });

  test.each([
    { what: 'longer than the group took', lingerMs: 1_000, tookMs: 20 },
    { what: 'longer than is set', lingerMs: 20, tookMs: 1_000 },
  ])('nobody is for $what', async ({ lingerMs, tookMs }) => {
    const { add, groups } = recording(lingerMs, tookMs);
    const first = Promise.all([add('a'), add('b')]);
    await pass(tookMs + 1);
    await first;
    const alone = add('c');
    await pass(10);
    expect(groups).toHaveLength(1);
    await pass(15);
    expect(groups).toEqual([['a', 'b'], ['c']]);
    await pass(tookMs);
    await alone;
  });

  test('nobody is for one who comes alone', async () => {
    const { add, groups } = recording(60_000, 50);
    for (const entry of ['a', 'b', 'c']) {
      const answer = add(entry);
      await pass(51);
      await answer;
    }
    expect(groups).toEqual([['a'], ['b'], ['c']]);
  });
});
