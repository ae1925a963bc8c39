// What detection has learnt, in the store: of two states the later one stays, and budgets are read by service.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Budget } from '../../../domain/detection/watch/budget-watch.ts';
import { describeStores } from '../../support/stores.ts';

const learnt = (service: string, key: string, untilMs: number, figures: readonly number[]) => ({
  ...{ environment: 'production', service, key, untilMs },
  state: Uint8Array.from(figures),
});
const budget = (service: string, kind: Budget['kind'], atMs: number, missed: number): Budget => ({
  ...{ environment: 'production', service, kind, objective: 0.999, windowMs: 86_400_000 },
  ...{ left: 0.5, burnHour: 2, counted: 1, calls: 1_000, missed, atMs },
});

await describeStores('what was learnt', (use) => {
  test('is given back byte by byte, by service; what is older than what is kept changes nothing', async () => {
    const { learnt: store } = use().stores;
    const kept = learnt('shop', 'a', 2_000, [0, 1, 255, 0]);
    await store.keep([kept, learnt('shop', 'b', 1_000, [7]), learnt('mail', 'a', 3_000, [9])], []);
    await store.keep([learnt('shop', 'a', 1_999, [3]), learnt('shop', 'b', 1_500, [8])], []);
    const found = await store.recall('production', ['shop', 'none']);
    expect(found.map((one) => ({ ...one, state: [...one.state] }))).toEqual([
      { ...kept, state: [0, 1, 255, 0] },
      { ...learnt('shop', 'b', 1_500, []), state: [8] },
    ]);
    expect(await store.recall('elsewhere', ['shop'])).toEqual([]);
    expect(await store.recall('production', [])).toEqual([]);
    expect((await store.recallAll()).map(({ service, key }) => [service, key])).toEqual([
      ['mail', 'a'],
      ['shop', 'a'],
      ['shop', 'b'],
    ]);
  });

  test('budgets are those of the newest count', async () => {
    const { learnt: store } = use().stores;
    await store.keep(
      [],
      [budget('cart', 'latency', 10, 1), budget('cart', 'errors', 20, 2), budget('web', 'errors', 5, 3)],
    );
    await store.keep([], [budget('cart', 'errors', 30, 4), budget('cart', 'latency', 9, 5)]);
    expect(await store.budgets('production', 'cart')).toEqual([
      budget('cart', 'errors', 30, 4),
      budget('cart', 'latency', 10, 1),
    ]);
    expect(await store.budgets('staging', 'cart')).toEqual([]);
  });

  test('goes five weeks after it was kept last', async () => {
    const { stores, database } = use();
    await stores.learnt.keep([learnt('old', 'a', 1, [1]), learnt('new', 'a', 1, [1])], []);
    const aged = sql`kept_at_ms - ${36 * 86_400_000}`;
    await sql`update learnt_states set kept_at_ms = ${aged} where service = 'old'`.execute(database.db);
    await stores.maintenance.prune();
    const left = await stores.learnt.recall('production', ['old', 'new']);
    expect(left.map(({ service }) => service)).toEqual(['new']);
  });
});
