// Lines of a Loki that is scripted: another clock, answers that are too long, and more of one instant than are taken at once.

import { expect, test } from 'vitest';
import type { Line, LokiApi } from '../../../adapters/loki/api.ts';
import { createLokiReadings } from '../../../adapters/loki/readings.ts';
import { settings as schema } from '../../../adapters/loki/settings.ts';
import { TooLong } from '../../../adapters/monitor-rules/api.ts';

const nowMs = Date.UTC(2030, 0, 1);
const ns = (atMs: number) => BigInt(atMs) * 1_000_000n;

function asked(lines: LokiApi['lines'], aheadMs = 0) {
  const presets = { errorShare: false, errorRate: false, newErrors: false } as const;
  const given = schema.parse({ url: 'http://127.0.0.1:1', presets, lines: { delaySeconds: 0, limit: 100 } });
  const api: LokiApi = { lines, aheadMs: () => aheadMs, instant: async () => [], range: async () => [] };
  const readings = createLokiReadings({ ...given, name: 'main', environments: ['prod'] }, api, () => nowMs);
  readings.resume?.('prod', JSON.stringify({ at: `${ns(nowMs + aheadMs - 60_000)}`, told: [] }));
  return {
    readings,
    async look() {
      const seen = await readings.read('prod', new AbortController().signal);
      readings.told?.('prod');
      return seen;
    },
  };
}
const line = (atMs: number, text: string): Line => ({ atNs: ns(atMs), labels: {}, text });

test('by a clock that is six hours ahead lines are asked for, and told by ours', async () => {
  const aheadMs = 6 * 3_600_000;
  const ranges: unknown[] = [];
  const { look } = asked(async (_query, { fromNs, toNs }) => {
    ranges.push([fromNs, toNs]);
    return [line(nowMs + aheadMs - 5_000, 'late')];
  }, aheadMs);
  expect(await look()).toMatchObject([{ body: 'late', atMs: nowMs - 5_000 }]);
  expect(ranges).toEqual([[ns(nowMs + aheadMs - 60_000), ns(nowMs + aheadMs)]]);
});

test('fewer lines are asked for after an answer that was too long, and as many as before when they fit', async () => {
  const limits: number[] = [];
  const { readings, look } = asked(async (_query, { limit }) => {
    limits.push(limit);
    if (limit > 30) throw new TooLong('too long');
    return Array.from({ length: limit }, (_, index) => line(nowMs - 50_000 + index, `${limits.length}`));
  });
  await look();
  expect(readings.problem?.()).toBe('lines: too long');
  await look();
  expect(await look()).toHaveLength(25);
  expect(limits).toEqual([100, 50, 25]);
  await look();
  expect(limits.at(-1)).toBe(51);
});
