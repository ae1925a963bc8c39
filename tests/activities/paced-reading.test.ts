import { describe, expect, test } from 'vitest';
import { readCalls, readMetrics } from '../../activities/paced-reading.ts';
import type { TimeRange } from '../../activities/ports.ts';
import { rangesAround } from '../../activities/time-ranges.ts';
import type { CallBucket, MetricBucket } from '../../domain/telemetry.ts';

const minuteMs = 60_000;
const onsetMs = 100 * minuteMs;

/** History in which every one of some hosts and services tells something every so often, for ever. */
function historyOf(everyMs: number, hosts = ['a', 'b', 'c', 'd']) {
  const asked: number[] = [];
  const instants = ({ fromMs, toMs }: TimeRange) => {
    asked.push(toMs - fromMs);
    const first = Math.ceil(fromMs / everyMs);
    return Array.from({ length: Math.ceil(toMs / everyMs) - first }, (_, index) => (first + index) * everyMs);
  };
  const history = {
    calls: async (range: TimeRange): Promise<CallBucket[]> =>
      instants(range).flatMap((atMs) =>
        hosts.map((service) => ({
          ...{ atMs, service, instance: '', side: 'server', peer: '', count: 9, errors: 0, ownErrors: 0 },
          ...{ latencyP50Ms: 1, latencyP95Ms: 1, selfTimeP50Ms: 1 },
          ...(everyMs > 1_000 ? { intervalMs: everyMs } : {}),
        })),
      ),
    metrics: async (range: TimeRange): Promise<MetricBucket[]> =>
      instants(range).flatMap((atMs) =>
        hosts.map((service) => ({ atMs, service, instance: '', metric: 'm', attributes: '', value: 1 })),
      ),
  };
  return { history, asked };
}

const at = (nowMs: number) => (paceMs: number) => rangesAround('e', onsetMs, nowMs, nowMs, paceMs);
const before = (rows: readonly { atMs: number; service: string }[]) =>
  rows.filter(({ atMs, service }) => atMs < onsetMs && service === 'a').length;

describe('history is read as far back as its pace asks for', () => {
  test.each([15, 60, 300])('samples every %i s: enough of the past, and of now', async (seconds) => {
    const nowMs = onsetMs + 100 * minuteMs;
    for (const read of [readCalls, readMetrics]) {
      const { history } = historyOf(seconds * 1_000);
      const rows = await read(history as never, at(nowMs));
      expect(before(rows)).toBeGreaterThanOrEqual(10);
      const recent = rows.filter(
        ({ atMs, service }) => atMs > nowMs - 12 * seconds * 1_000 && service === 'a',
      );
      expect(recent).toHaveLength(12 - 1);
    }
  });

  test('once where it comes every second', async () => {
    for (const read of [readCalls, readMetrics]) {
      const { history, asked } = historyOf(1_000);
      await read(history as never, at(onsetMs + minuteMs));
      expect(asked).toHaveLength(1);
    }
  });

  test('a single sample says that they come no more often', async () => {
    const { history, asked } = historyOf(5 * minuteMs);
    await readMetrics(history, at(onsetMs + 10_000));
    expect(Math.max(...asked)).toBeGreaterThan(30 * minuteMs);
  });

  test('and never for longer than an hour at each end', () => {
    for (const { fromMs, toMs } of rangesAround(
      'e',
      onsetMs,
      onsetMs + 600 * minuteMs,
      undefined,
      60 * minuteMs,
    ))
      expect(toMs - fromMs).toBeLessThanOrEqual(131 * minuteMs);
  });
});
