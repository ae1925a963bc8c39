// What counts as an overload of Sentinel itself, for how long, and in which words.

import { describe, expect, it } from 'vitest';
import {
  type LagMeasure,
  missingFor,
  OwnLag,
  ownLagConfigSchema,
  WaitingShare,
} from '../../../domain/lag/own-lag.ts';

const config = ownLagConfigSchema.parse({});

const cases: readonly (readonly [LagMeasure, number, number, string])[] = [
  ['event-loop', 0.2, 1.2, 'event loop 1.2 s behind'],
  ['cpu-wait', 0.2, 0.62, 'waits for a CPU 62 % of the time'],
  ['ingest', 1, 8, 'takes 8.0 s to take in telemetry'],
  ['telemetry-age', 5, 300, 'the newest telemetry is 300 s old'],
  ['postgres', 0.1, 3, 'Postgres answers after 3.0 s'],
  ['clickhouse', 0.1, 3, 'ClickHouse answers after 3.0 s'],
  ['inbox', 1, 40, 'findings wait 40 s in the inbox'],
];

describe.each(cases)('%s', (measure, usual, late, words) => {
  it('is an overload while it is late, and for a while after', () => {
    const lag = new OwnLag(config);
    lag.note(measure, usual, 1_000);
    expect(lag.overloads(1_000)).toEqual([]);
    const other = new OwnLag(config);
    other.note(measure, late, 1_000);
    expect(other.overloads(1_000 + config.rememberSeconds * 1_000 - 1)).toEqual([words]);
    expect(other.overloads(1_000 + config.rememberSeconds * 1_000)).toEqual([]);
  });
});

it('one stall among many good moments counts; one late sender among many does not', () => {
  const lag = new OwnLag(config);
  lag.note('event-loop', 2, 1_000);
  lag.note('event-loop', 0, 2_000);
  lag.note('telemetry-age', 900, 1_000);
  lag.note('telemetry-age', 3, 2_000);
  expect(lag.overloads(3_000)).toEqual(['event loop 2.0 s behind']);
});

it('what is no number is no figure', () => {
  const lag = new OwnLag(config);
  lag.note('postgres', Number.NaN, 1_000);
  expect(lag.value('postgres', 1_000)).toBeNull();
});

it('is one item of missing evidence, whatever it consists of', () => {
  expect(missingFor([])).toEqual([]);
  expect(missingFor(['event loop 1.2 s behind', 'Postgres answers after 3.0 s'])).toEqual([
    'Sentinel itself is overloaded (event loop 1.2 s behind; Postgres answers after 3.0 s)',
  ]);
});

describe('the share of the time spent waiting for a CPU', () => {
  const shares = (perSecond: readonly number[]) => {
    const waiting = new WaitingShare();
    let waitedMs = 40_000; // the counter is as old as the process
    return [0, ...perSecond].map((ms, second) => {
      waitedMs += ms;
      return waiting.of(waitedMs, 7_000 + second * 1_000);
    });
  };

  it('is of the last five seconds, and found out every second', () => {
    const calm = Array.from({ length: 6 }, () => 0);
    const busy = Array.from({ length: 5 }, () => 900);
    expect(shares([...calm, ...busy])).toEqual([
      ...[null, null, null, null, null, 0, 0],
      ...[0.18, 0.36, 0.54, 0.72, 0.9],
    ]);
  });

  it('of a second alone is none', () => {
    expect(Math.max(...shares([0, 0, 0, 0, 0, 1_000, 0, 0, 0, 0]).map(Number))).toBe(0.2);
  });

  it('counts over the time that has really passed when nobody asked for long', () => {
    const waiting = new WaitingShare();
    waiting.of(0, 0);
    expect(waiting.of(6_000, 20_000)).toBe(0.3);
    expect(waiting.of(6_000, 24_000)).toBe(0.25);
    expect(waiting.of(6_000, 26_000)).toBe(0);
  });
});
