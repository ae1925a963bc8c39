/** A CloudWatch that is scripted: periods that are not over, another clock, long outages, and being asked too often. */
import { expect, test } from 'vitest';
import { AwsError, refused } from '../../../../adapters/aws/answers.ts';
import { createCloudWatchReadings } from '../../../../adapters/aws/cloudwatch/readings.ts';
import { settings as schema } from '../../../../adapters/aws/cloudwatch/settings.ts';

const minute = 60_000;
const startMs = Date.UTC(2030, 0, 1, 12, 4);

function stage({ periodSeconds = 60, settleSeconds = 0 } = {}) {
  const metric = { name: 'a', namespace: 'b', metric: 'c', service: 'orders', periodSeconds };
  const account = '123456789012';
  const given = schema.parse({
    account,
    region: 'eu-west-1',
    alarms: false,
    metrics: [metric],
    settleSeconds,
  });
  const world = { nowMs: startMs, aheadMs: 0, values: new Map<number, number>(), throttles: false };
  const ranges: { readonly fromMs: number; readonly toMs: number }[] = [];
  const readings = createCloudWatchReadings(
    { ...given, name: 'main', environments: ['prod'] },
    {
      aheadMs: () => world.aheadMs,
      alarms: async () => [],
      close: () => {},
      metrics: async (metrics, range) => {
        ranges.push(range);
        if (world.throttles) throw new AwsError(refused('throttled', 'Rate exceeded'), null);
        const all = [...world.values].filter(([atMs]) => atMs >= range.fromMs && atMs < range.toMs);
        const points = all.map(([atMs, value]) => ({ atMs, value })).sort((a, b) => a.atMs - b.atMs);
        return { points: new Map(metrics.map((one) => [one, points])), problem: null };
      },
    },
    () => world.nowMs,
  );
  return {
    ...{ world, ranges, readings },
    async look() {
      const seen = await readings.read('prod', new AbortController().signal);
      readings.told?.('prod');
      return seen.flatMap((one) => (one.kind === 'gauge' ? [[one.atMs, one.value]] : []));
    },
  };
}

test('a period is told when it is over and settled, as of its end', async () => {
  const { world, look, ranges } = stage({ periodSeconds: 300, settleSeconds: 120 });
  const beginMs = Date.UTC(2030, 0, 1, 12);
  world.values.set(beginMs, 7);
  expect(await look()).toEqual([]);
  expect(ranges[0]).toEqual({ fromMs: Date.UTC(2030, 0, 1, 11, 45), toMs: beginMs + 2 * minute });
  world.nowMs = beginMs + 6 * minute;
  expect(await look()).toEqual([]);
  world.nowMs = beginMs + 7 * minute;
  expect(await look()).toEqual([[beginMs + 5 * minute, 7]]);
});

test('by a clock that is an hour ahead values are asked for, and told by ours', async () => {
  const { world, look } = stage();
  world.aheadMs = 60 * minute;
  world.values.set(startMs + 58 * minute, 1);
  expect(await look()).toEqual([[startMs - minute, 1]]);
});

test('after more than three hours the rest is left out, and that is told until the next look', async () => {
  const { world, look, ranges, readings } = stage();
  world.values.set(startMs - 5 * minute, 1);
  await look();
  world.nowMs += 5 * 60 * minute;
  for (const ago of [240, 100]) world.values.set(world.nowMs - ago * minute, ago);
  expect((await look()).map(([, value]) => value)).toEqual([100]);
  expect(ranges.at(-1)?.fromMs).toBe(world.nowMs - 180 * minute);
  expect(readings.problem?.()).toBe('metrics: values older than three hours were left out');
  world.nowMs += minute;
  await look();
  expect(readings.problem?.()).toBeNull();
});

test('where AWS says that it is too often, it is asked more and more rarely, and as usual afterwards', async () => {
  const { world, look, ranges, readings } = stage();
  world.throttles = true;
  const asked = async (seconds: number): Promise<number> => {
    const before = ranges.length;
    for (let passed = 0; passed < seconds; passed += 15) {
      world.nowMs += 15_000;
      await look().catch(() => []);
    }
    return ranges.length - before;
  };
  await expect(look()).rejects.toThrow('Rate exceeded');
  expect(await asked(10 * 60)).toBeLessThan(7);
  expect(readings.problem?.()).toBe('metrics: Rate exceeded');
  world.throttles = false;
  world.values.set(world.nowMs, 1);
  world.nowMs += 5 * minute;
  expect(await look()).toEqual([[world.nowMs - 4 * minute, 1]]);
  expect(await asked(120)).toBe(2);
});
