// The meter of a process: a blocked event loop, a slow store and slow requests show, in /ready, metrics and to the others.

import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { createMetrics } from '../../../adapters/telemetry/metrics.ts';
import { startLagMeter } from '../../../app/lifecycle/own-lag.ts';
import { createShutdown } from '../../../app/lifecycle/shutdown.ts';
import { ownLagConfigSchema } from '../../../domain/lag/own-lag.ts';

const shutdown = createShutdown(() => {});
afterEach(() => shutdown.close());

function meter(settings: object, database: { ping(): Promise<void> } = { ping: async () => {} }) {
  const reported: (readonly string[])[] = [];
  const stores = {
    ownLag: {
      report: async (_id: string, _role: string, overloads: readonly string[]) =>
        void reported.push(overloads),
      withdraw: async () => void reported.push(['withdrawn']),
      inboxWaitMs: async () => 0,
    },
  };
  const metrics = createMetrics({ processMetrics: false });
  const never = 3_600;
  const quiet = {
    eventLoopSeconds: never,
    ingestSeconds: never,
    telemetrySeconds: never,
    storeSeconds: never,
  };
  const ownLag = ownLagConfigSchema.parse({ ...quiet, waitingShare: 1, inboxSeconds: never, ...settings });
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const platform = { config: { ownLag }, stores, database, history: null, metrics, log };
  const started = startLagMeter(platform as unknown as Parameters<typeof startLagMeter>[0], 'all', shutdown);
  return { ...started, reported, metrics };
}

test('a blocked event loop', async () => {
  const { health, reported, metrics } = meter({ eventLoopSeconds: 1 });
  await pause(300);
  const untilMs = performance.now() + 1_500;
  while (performance.now() < untilMs);
  await vi.waitFor(() => expect(health()).toMatchObject({ ok: false, required: false }), { timeout: 60_000 });
  expect(health().detail).toMatch(/^event loop \d+\.\d s behind: no action runs without approval$/);
  await vi.waitFor(() => expect(reported.at(-1)?.[0]).toMatch(/^event loop/), { timeout: 60_000 });
  const shown = async () => expect((await metrics.render()).text).toMatch(/^sentinel_overloaded 1$/m);
  await vi.waitFor(shown, { timeout: 60_000 });
  const { text } = await metrics.render();
  expect(text).toMatch(/^sentinel_own_lag_seconds\{measure="event-loop"\} [1-9]/m);
  await shutdown.close();
  expect(reported.at(-1)).toEqual(['withdrawn']);
});

test('a store that hangs is seen before it answers', async () => {
  const { health } = meter({ storeSeconds: 4 }, { ping: () => new Promise(() => {}) });
  await vi.waitFor(() => expect(health().detail).toMatch(/^Postgres answers after/), { timeout: 60_000 });
});

test('requests that take long, and telemetry that is old', () => {
  const { health, onTaken } = meter({ ingestSeconds: 2, telemetrySeconds: 60 });
  onTaken(100, 1_000);
  expect(health()).toMatchObject({ ok: true, detail: 'keeps up' });
  onTaken(3_000, null);
  expect(health().detail).toContain('takes 3.0 s to take in telemetry');
  const late = meter({ telemetrySeconds: 60 });
  late.onTaken(1, 300_000);
  expect(late.health().detail).toContain('the newest telemetry is 300 s old');
});

test('an overload that begins is told to the others at once, not with the next report', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const { onTaken, reported } = meter({ ingestSeconds: 2 });
    onTaken(3_000, null);
    vi.advanceTimersByTime(1_000);
    // The scheduler's answer comes from the system, in its own time.
    for (let waitedMs = 0; reported.length === 0 && waitedMs < 60_000; waitedMs += 5) await pause(5);
    expect(reported).toEqual([['takes 3.0 s to take in telemetry']]);
  } finally {
    vi.useRealTimers();
  }
});
