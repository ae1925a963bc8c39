/** How often a bell looks into the database: soon after somebody comes, seldom while nothing happens, never for nobody. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Bell, createBell } from '../../../adapters/postgres/agents/bell.ts';

let looks: string[][];
let news: readonly string[];
let bell: Bell;

beforeEach(() => {
  vi.useFakeTimers();
  [looks, news] = [[], []];
  bell = createBell(
    async (names) => {
      looks.push([...names]);
      if (news.includes('broken')) throw new Error('the database is away');
      return news;
    },
    { firstMs: 100, longestMs: 500 },
  );
});
afterEach(() => {
  bell.close();
  vi.useRealTimers();
});

test('without anybody who waits nothing is asked', async () => {
  const over = bell.wait('web1', 150);
  await vi.advanceTimersByTimeAsync(150);
  await over;
  const before = looks.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looks.length).toBe(before);
});

test('while nothing comes it looks ever more seldom, twice a second in the end, for all who wait together', async () => {
  const waiting = [bell.wait('web1', 600_000), bell.wait('web2', 600_000)];
  await vi.advanceTimersByTimeAsync(5_000);
  looks.length = 0;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looks.length).toBeLessThanOrEqual(120);
  expect(looks[0]).toEqual(['web1', 'web2']);
  news = ['web1'];
  await vi.advanceTimersByTimeAsync(500);
  await waiting[0];
});

test('whoever begins to wait is looked for soon, however many come', async () => {
  const waiting = [bell.wait('web1', 600_000)];
  await vi.advanceTimersByTimeAsync(60_000);
  looks.length = 0;
  for (let number = 0; number < 40; number += 1) {
    waiting.push(bell.wait(`other${number}`, 600_000));
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(looks.length).toBeGreaterThanOrEqual(3);
  expect(looks[0]).toContain('other0');
});

test('a look that fails is taken again, and no more often than one that finds nothing', async () => {
  news = ['broken'];
  const waiting = bell.wait('web1', 600_000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looks.length).toBeGreaterThan(100);
  expect(looks.length).toBeLessThan(130);
  news = ['web1'];
  await vi.advanceTimersByTimeAsync(500);
  await waiting;
});

test('one that is closed lets everybody go', async () => {
  const waiting = [bell.wait('web1', 600_000), bell.wait('web2', 600_000)];
  bell.close();
  await Promise.all([...waiting, bell.wait('web3', 600_000)]);
  expect(bell.closed()).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
