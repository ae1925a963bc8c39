import { describe, expect, test } from 'vitest';
import { closestChange } from '../../../domain/diagnosis/changes.ts';
import { notLater } from '../../../domain/diagnosis/graph.ts';
import { ingestGapUntil } from '../../../domain/diagnosis/ingest-gap.ts';
import type { KnownChange } from '../../../domain/diagnosis/input.ts';
import { onsetIn } from '../../../domain/diagnosis/onset.ts';
import { inSteps, paceOfPoints } from '../../../domain/diagnosis/paces.ts';
import { cutWindows, windowsAtPace } from '../../../domain/diagnosis/windows.ts';
import type { CallBucket } from '../../../domain/telemetry.ts';

const minuteMs = 60_000;
const never = Number.NEGATIVE_INFINITY;

function row(atMs: number, more: Partial<CallBucket> = {}): CallBucket {
  return {
    ...{ atMs, service: 'shop', instance: 'a', side: 'server', peer: '' },
    ...{ count: 60, errors: 6, ownErrors: 6, latencyP50Ms: 10, latencyP95Ms: 20, selfTimeP50Ms: 10 },
    intervalMs: minuteMs,
    ...more,
  };
}

describe('calls that were counted in an interval', () => {
  test('are where they were when everybody counts by the second', () => {
    const { intervalMs: _, ...fine } = row(1_000);
    expect(inSteps([fine], 5_000)).toEqual([fine]);
  });

  test('have one grid, whenever their senders report and however punctually', () => {
    const a = [row(61_000), row(120_000), row(181_000)];
    const b = [row(40_000), row(100_000), row(160_000)].map((one) => ({ ...one, instance: 'b' }));
    const laid = inSteps([...a, ...b], 200_000);
    expect([...new Set(laid.map(({ atMs }) => atMs))].sort((x, y) => x - y)).toEqual([
      61_000, 121_000, 181_000,
    ]);
  });

  test('are spread over the intervals that a late report stands for, and none is lost', () => {
    const laid = inSteps(
      [row(60_000), row(120_000), row(300_000, { intervalMs: 3 * minuteMs, count: 100 })],
      300_000,
    );
    expect(laid.map(({ atMs, count }) => [atMs, count])).toEqual([
      [60_000, 60],
      [120_000, 60],
      [300_000, 33],
      [240_000, 34],
      [180_000, 33],
    ]);
  });

  test('a sender that reports no more does not move those that do', () => {
    const silent = [row(10_000), row(70_000)].map((one) => ({ ...one, instance: 'b' }));
    const laid = inSteps([row(60_000), row(120_000), row(180_000), row(240_000), ...silent], 250_000);
    const of = (name: string) => laid.filter(({ instance }) => instance === name).map(({ atMs }) => atMs);
    expect(of('a')).toEqual([60_000, 120_000, 180_000, 240_000]);
    expect(of('b')).toEqual([60_000, 120_000]);
  });
});

describe('windows of a series that comes once a minute', () => {
  const rows = Array.from({ length: 12 }, (_, minute) => row(minute * minuteMs));
  const windows = cutWindows(rows, { nowMs: 670_000, onsetMs: 500_000 }, never, minuteMs);
  const within = ({ fromMs, toMs }: { fromMs: number; toMs: number }) =>
    rows.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ atMs }) => atMs / minuteMs);

  test('hold whole samples: the past without the one that the trouble began in, now at least one', () => {
    expect(within(windows.before)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(within(windows.early)).toEqual([9, 10]);
    expect(within(windows.during)).toEqual([9, 10, 11]);
    expect(within(windows.recent)).toEqual([11]);
    expect(within(windows.tail)).toEqual([11]);
  });

  test('wait for a sample that is due, and end without those that are overdue', () => {
    const end = (nowMs: number) => cutWindows(rows, { nowMs, onsetMs: 500_000 }, never, minuteMs).dataEndMs;
    expect(end(660_000 + 64_000)).toBe(661_000);
    expect(end(660_000 + 66_000)).toBe(721_000);
  });

  test('are those of each series of a host, and the common ones where it comes every second', () => {
    const common = cutWindows([{ atMs: 660_000 }], { nowMs: 661_000, onsetMs: 500_000 }, never);
    const slow = windowsAtPace(common, rows);
    expect(within(slow.recent)).toEqual([11]);
    expect(slow.stepMs).toBe(minuteMs);
    expect(windowsAtPace(common, [{ atMs: 658_000 }, { atMs: 659_000 }, { atMs: 660_000 }])).toBe(common);
  });

  test('two points are no pace', () => {
    expect(paceOfPoints([{ atMs: 0 }, { atMs: minuteMs }])).toBe(1_000);
    expect(paceOfPoints([{ atMs: 0 }, { atMs: minuteMs }, { atMs: 2 * minuteMs + 300 }])).toBe(minuteMs);
  });
});

describe('an onset that is known to a minute', () => {
  const change: KnownChange = {
    ...{ kind: 'change', id: 'c', type: 'release', environment: 'e', service: 'shop' },
    ...{ atMs: 1_000_000, summary: 'v2', attributes: {} },
  };
  const weight = (onsetMs: number, stepMs: number) =>
    closestChange([change], 'release', onsetIn(onsetMs, stepMs) ?? { atMs: 0, withinMs: 0 })?.weight ?? 0;

  test('suspects a change that was within it as one at the very moment, and none that came long after', () => {
    expect(weight(1_100_000, minuteMs)).toBeGreaterThan(0.95);
    expect(weight(1_100_000, 1_000)).toBeLessThan(0.75);
    expect(weight(960_000, minuteMs)).toBeGreaterThan(0.95);
    expect(weight(960_000, 1_000)).toBe(0);
    expect(weight(850_000, minuteMs)).toBe(0);
  });

  test('leaves open which of two services was first', () => {
    const caller = onsetIn(1_000_000, 1_000);
    expect(notLater(onsetIn(1_090_000, minuteMs), caller)).toBe(true);
    expect(notLater(onsetIn(1_090_000, 1_000), caller)).toBe(false);
    expect(notLater(onsetIn(1_190_000, minuteMs), caller)).toBe(false);
  });
});

describe('a gap of Sentinel where senders report once a minute', () => {
  const reports = (...voices: readonly number[]) =>
    voices.flatMap((count, minute) =>
      Array.from({ length: count }, (_, index) =>
        row(minute * minuteMs + index * 7_000, { service: `s${index}` }),
      ),
    );
  const until = (...voices: readonly number[]) =>
    ingestGapUntil(reports(...voices), [], voices.length * minuteMs);

  test('is two reports of most of them that did not come, and lasts until they have reported again', () => {
    expect(until(6, 6, 6, 6, 0, 0, 6, 6)).toBe(7 * minuteMs);
    expect(until(6, 6, 6, 6, 0, 6, 6, 6)).toBe(never);
    expect(until(6, 6, 6, 6, 6, 6, 6, 6)).toBe(never);
  });

  test('is none when only those who speak every second are silent for good', () => {
    const spoken = Array.from({ length: 100 }, (_, second) =>
      ['a', 'b', 'c', 'd'].map((instance) => {
        const { intervalMs: _interval, ...fine } = row(second * 1_000, { instance });
        return fine;
      }),
    ).flat();
    const read = [0, 60, 120, 180].flatMap((second) =>
      ['a', 'b', 'c', 'd'].map((instance) => ({ atMs: second * 1_000, service: 'host', instance })),
    );
    expect(ingestGapUntil(spoken, read, 200_000)).toBe(never);
  });
});
