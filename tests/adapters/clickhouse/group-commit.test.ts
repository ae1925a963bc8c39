import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createGroupCommit, type GroupCommitOptions } from '../../../adapters/clickhouse/group-commit.ts';

/** Groups as they were written; the test decides when and how each write ends. */
function harness(options: Partial<GroupCommitOptions<number>> = {}) {
  const groups: number[][] = [];
  const ends: { ok(): void; fail(error: Error): void }[] = [];
  const commit = createGroupCommit<number>({
    write: (entries) => {
      groups.push([...entries]);
      return new Promise((resolve, reject) => ends.push({ ok: resolve, fail: reject }));
    },
    sizeOf: () => 1,
    lingerMs: 1,
    maxGroupSize: 3,
    maxWaitingSize: 5,
    ...options,
  });
  return { commit, groups, ends };
}

describe('group commit', () => {
  test('callers within a moment share one write, and hear when it is through', async () => {
    const { commit, groups, ends } = harness();
    const both = Promise.all([commit.add(1), commit.add(2)]);
    await expect.poll(() => groups).toEqual([[1, 2]]);
    ends[0]?.ok();
    await expect(both).resolves.toEqual([undefined, undefined]);
  });

  test('says how much waits for its turn', async () => {
    const { commit, groups, ends } = harness();
    expect(commit.waitingSize()).toBe(0);
    const first = commit.add(1);
    await expect.poll(() => groups).toEqual([[1]]);
    const second = commit.add(2);
    const third = commit.add(3);
    expect(commit.waitingSize()).toBe(2);
    ends[0]?.ok();
    await first;
    await expect.poll(() => groups.length).toBe(2);
    expect(commit.waitingSize()).toBe(0);
    ends[1]?.ok();
    await Promise.all([second, third]);
  });

  test('a full group does not wait for the moment to pass', async () => {
    const { commit, groups, ends } = harness({ lingerMs: 3_600_000 });
    const all = Promise.all([commit.add(1), commit.add(2), commit.add(3)]);
    expect(groups).toEqual([[1, 2, 3]]);
    ends[0]?.ok();
    await all;
  });

  test('while one group is written the next one gathers', async () => {
    const { commit, groups, ends } = harness();
    const first = commit.add(1);
    await expect.poll(() => groups).toHaveLength(1);
    const next = Promise.all([commit.add(2), commit.add(3)]);
    ends[0]?.ok();
    await first;
    await expect.poll(() => groups).toEqual([[1], [2, 3]]);
    ends[1]?.ok();
    await next;
  });

  test('a failed write fails its own callers only', async () => {
    const { commit, groups, ends } = harness();
    const failed = commit.add(1);
    await expect.poll(() => groups).toHaveLength(1);
    const fine = commit.add(2);
    ends[0]?.fail(new Error('disk full'));
    await expect(failed).rejects.toThrow('disk full');
    await expect.poll(() => groups).toHaveLength(2);
    ends[1]?.ok();
    await expect(fine).resolves.toBeUndefined();
  });

  test('a backlog that is too long refuses new entries at once', async () => {
    const { commit, groups, ends } = harness({ maxGroupSize: 100, lingerMs: 3_600_000 });
    const waiting = [1, 2, 3, 4, 5].map((entry) => commit.add(entry));
    await expect(commit.add(6)).rejects.toThrow('5 rows are waiting');
    const settled = commit.settle();
    await expect.poll(() => groups).toHaveLength(1);
    ends[0]?.ok();
    await settled;
    await Promise.all(waiting);
  });

  test('an empty entry needs no write', async () => {
    const { commit, groups } = harness({ sizeOf: () => 0 });
    await commit.add(1);
    expect(groups).toEqual([]);
  });

  test('every entry is written exactly once, in order, whatever the sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 30 }),
        async (sizes) => {
          const written: number[] = [];
          const commit = createGroupCommit<{ index: number; size: number }>({
            write: async (entries) => {
              written.push(...entries.map(({ index }) => index));
            },
            sizeOf: ({ size }) => size,
            lingerMs: 0,
            maxGroupSize: 5,
            maxWaitingSize: 1_000,
          });
          await Promise.all(sizes.map((size, index) => commit.add({ index, size })));
          expect(written).toEqual(sizes.map((_, index) => index));
        },
      ),
    );
  });
});
