// How far Sentinel itself is behind. A process that is kept from working sees late and little: what looks like a sudden
// trouble may be its own, and what passed it may not have noticed. So its lag counts as evidence that is missing.

import { z } from 'zod';

const seconds = (value: number, about: string) =>
  z.number().positive().max(3_600).default(value).describe(about);

export const ownLagConfigSchema = z
  .strictObject({
    lowersAutonomy: z
      .boolean()
      .default(true)
      .describe(
        'Whether plans that policy would run automatically need approval while Sentinel is overloaded. Overload is measured and shown either way.',
      ),
    eventLoopSeconds: seconds(0.75, 'Event loop delay that counts as overload.'),
    waitingShare: z
      .number()
      .gt(0)
      .max(1)
      .default(0.5)
      .describe('Share of time spent waiting for a CPU (Linux only) that counts as overload.'),
    ingestSeconds: seconds(5, 'Time to accept a telemetry request that counts as overload.'),
    telemetrySeconds: seconds(
      120,
      'Age of the newest incoming telemetry that counts as overload: Sentinel only sees the past.',
    ),
    storeSeconds: seconds(2, 'Response time of a store that counts as overload.'),
    inboxSeconds: seconds(15, 'Age of the oldest inbox item that counts as overload.'),
    rememberSeconds: seconds(20, 'How long an overload still counts after it was last seen.'),
  })
  .describe("Sentinel's own lag. An overloaded Sentinel sees late and asks people first.");
export type OwnLagConfig = z.output<typeof ownLagConfigSchema>;

export const lagMeasures = [
  'event-loop',
  'cpu-wait',
  'ingest',
  'telemetry-age',
  'postgres',
  'clickhouse',
  'inbox',
] as const;
export type LagMeasure = (typeof lagMeasures)[number];

/** The last figures of every measure. Instants are of a clock that does not jump, in ms. */
export class OwnLag {
  private readonly config: OwnLagConfig;
  private readonly figures = new Map<LagMeasure, { atMs: number; value: number }[]>();

  constructor(config: OwnLagConfig) {
    this.config = config;
  }

  /** `value` in seconds; for `cpu-wait` a share. */
  note(measure: LagMeasure, value: number, atMs: number): void {
    if (!Number.isFinite(value)) return;
    const kept = this.figures.get(measure) ?? [];
    kept.push({ atMs, value });
    this.figures.set(
      measure,
      kept.filter((one) => one.atMs > atMs - this.rememberMs),
    );
  }

  /**
   * What counts of a measure now: the worst of the last figures, but of the age of telemetry the best, because one sender
   * that is late is not Sentinel being late. Null when nothing was measured of late.
   */
  value(measure: LagMeasure, nowMs: number): number | null {
    const values = (this.figures.get(measure) ?? [])
      .filter(({ atMs }) => atMs > nowMs - this.rememberMs)
      .map(({ value }) => value);
    if (values.length === 0) return null;
    return measure === 'telemetry-age' ? Math.min(...values) : Math.max(...values);
  }

  /** Every overload in words for people; empty while Sentinel keeps up. */
  overloads(nowMs: number): readonly string[] {
    return lagMeasures.flatMap((measure) => {
      const value = this.value(measure, nowMs);
      return value !== null && value >= limitOf(measure, this.config) ? [words(measure, value)] : [];
    });
  }

  private get rememberMs(): number {
    return this.config.rememberSeconds * 1_000;
  }
}

/** Over this long the wait for a CPU is judged: a shorter burst of work is no overload. */
const waitedOverMs = 5_000;

/** Which share of the last seconds a process waited for a CPU, from a counter of how long it ever has. */
export class WaitingShare {
  /** Oldest first; the first is the youngest that is old enough to compare with. */
  private readings: readonly { readonly atMs: number; readonly waitedMs: number }[] = [];

  /** Null while it has been counted for less than five seconds. */
  of(waitedMs: number, atMs: number): number | null {
    const all = [...this.readings, { atMs, waitedMs }];
    const since = all.findLastIndex((one) => one.atMs <= atMs - waitedOverMs);
    this.readings = all.slice(Math.max(0, since));
    const first = all[since];
    return first === undefined ? null : Math.min(1, (waitedMs - first.waitedMs) / (atMs - first.atMs));
  }
}

function limitOf(measure: LagMeasure, config: OwnLagConfig): number {
  switch (measure) {
    case 'event-loop':
      return config.eventLoopSeconds;
    case 'cpu-wait':
      return config.waitingShare;
    case 'ingest':
      return config.ingestSeconds;
    case 'telemetry-age':
      return config.telemetrySeconds;
    case 'postgres':
    case 'clickhouse':
      return config.storeSeconds;
    case 'inbox':
      return config.inboxSeconds;
  }
}

function words(measure: LagMeasure, value: number): string {
  const long = `${value >= 10 ? Math.round(value) : value.toFixed(1)} s`;
  switch (measure) {
    case 'event-loop':
      return `event loop ${long} behind`;
    case 'cpu-wait':
      return `waits for a CPU ${Math.round(value * 100)} % of the time`;
    case 'ingest':
      return `takes ${long} to take in telemetry`;
    case 'telemetry-age':
      return `the newest telemetry is ${long} old`;
    case 'postgres':
      return `Postgres answers after ${long}`;
    case 'clickhouse':
      return `ClickHouse answers after ${long}`;
    case 'inbox':
      return `findings wait ${long} in the inbox`;
  }
}

/** How an overload stands among the evidence that is missing. */
export function missingFor(overloads: readonly string[]): readonly string[] {
  return overloads.length === 0 ? [] : [`Sentinel itself is overloaded (${overloads.join('; ')})`];
}
