// What may be called stored while writes overtake each other and fail: never what one of them still owes.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StoredUntil } from '../../../ingest/kafka/stored-until.ts';

const turns = () => new Promise(setImmediate);

test('a write that has not ended holds back those that have', async () => {
  const stored = new StoredUntil();
  const slow = Promise.withResolvers<boolean>();
  stored.begin(1, slow.promise);
  stored.begin(2, Promise.resolve(true));
  await turns();
  expect(stored.atMs).toBe(Number.NEGATIVE_INFINITY);
  slow.resolve(true);
  await turns();
  expect(stored.atMs).toBe(2);
});

test('what failed is stored with the next write that begins, not with one that had begun', async () => {
  const stored = new StoredUntil();
  const begun = Promise.withResolvers<boolean>();
  stored.begin(1, Promise.reject(new Error('away')));
  stored.begin(2, begun.promise);
  await turns();
  begun.resolve(true);
  await turns();
  expect(stored.atMs).toBe(Number.NEGATIVE_INFINITY);
  stored.begin(3, Promise.resolve(true));
  await turns();
  expect(stored.atMs).toBe(3);
});

test('whoever waits goes on when one has ended', async () => {
  const stored = new StoredUntil();
  const [first, second] = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
  stored.begin(1, first.promise);
  stored.begin(2, second.promise);
  await stored.fewerThan(3);
  let goesOn = false;
  const waiting = stored.fewerThan(2).then(() => {
    goesOn = true;
  });
  await turns();
  expect(goesOn).toBe(false);
  first.resolve(false);
  await waiting;
});

/** A delivery as it is: what could not be written is taken along by the next write. */
test('nothing is called stored that is not, in whatever order writes end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ ok: fc.boolean(), endsAfter: fc.nat(3) }), { maxLength: 12 }),
      async (writes) => {
        const stored = new StoredUntil();
        const inStore = new Set<number>();
        let left: readonly number[] = [];
        const open: { readonly atStep: number; readonly end: () => void }[] = [];
        for (const [atMs, { ok, endsAfter }] of writes.entries()) {
          const sent = [...left, atMs];
          left = [];
          const { promise, resolve } = Promise.withResolvers<boolean>();
          stored.begin(atMs, promise);
          const end = (): void => {
            if (ok) for (const one of sent) inStore.add(one);
            else left = [...left, ...sent];
            resolve(ok);
          };
          open.push({ atStep: atMs + endsAfter, end });
          for (const one of open.filter(({ atStep }) => atStep === atMs)) one.end();
          await turns();
          for (let before = 0; before <= stored.atMs; before += 1) expect(inStore).toContain(before);
        }
      },
    ),
    { numRuns: 200 },
  );
});
