// Sentinel was down for a while, or nothing reached it: what it did not hear then is no evidence against anybody.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rangesAround } from '../../../activities/time-ranges.ts';
import { casesFor } from '../../../bench/support/simulated-cases.ts';
import { type Fault, simulate, startMs, type World } from '../../../bench/support/simulated-system.ts';
import { diagnose } from '../../../domain/diagnosis/diagnose.ts';
import { ingestGapUntil } from '../../../domain/diagnosis/ingest-gap.ts';
import type { DiagnosisInput } from '../../../domain/diagnosis/input.ts';

const never = Number.NEGATIVE_INFINITY;

describe('until when silence is no evidence', () => {
  /** So many senders are heard in each second, one call each. */
  const heard = (...voices: readonly number[]) =>
    voices.flatMap((count, second) =>
      Array.from({ length: count }, (_, index) => ({
        atMs: second * 1_000,
        service: `s${index}`,
        instance: '',
        count: 1,
      })),
    );
  const until = (...voices: readonly number[]) => ingestGapUntil(heard(...voices), [], voices.length * 1_000);

  test('five seconds after the stretch in which next to nobody was heard', () => {
    expect(until(6, 6, 6, 0, 0, 0, 6, 6)).toBe(6_000 + 5_000);
    expect(until(6, 6, 6, 1, 2, 0, 0, 3, 6)).toBe(7_000 + 5_000);
  });

  test('the last such stretch counts', () => {
    expect(until(6, 6, 0, 0, 0, 6, 6, 6, 0, 0, 0, 0, 6)).toBe(12_000 + 5_000);
  });

  test.each([
    ['nobody paused', [6, 6, 6, 6]],
    ['it was too short', [6, 6, 0, 0, 6, 6]],
    ['most were heard', [6, 6, 4, 4, 4, 4, 6]],
    ['it goes on: the system itself may be down', [6, 6, 6, 0, 0, 0, 0]],
    ['there are hardly any senders', [2, 2, 0, 0, 0, 0, 2]],
    ['there is nothing', []],
  ])('never, when %s', (_what, voices) => {
    expect(until(...voices)).toBe(never);
  });

  test('metrics are signs of life too, and calls that did not happen are none', () => {
    const calls = heard(6, 6, 0, 0, 0, 0, 6);
    const metrics = heard(0, 0, 6, 6, 6, 6, 0);
    expect(ingestGapUntil(calls, metrics, 7_000)).toBe(never);
    const empty = metrics.map((row) => ({ ...row, count: 0 }));
    expect(ingestGapUntil([...calls, ...empty], [], 7_000)).toBe(6_000 + 5_000);
  });

  test('never, for a stretch that was not asked for', () => {
    const rows = heard(6, 6, 6, 0, 0, 0, 0, 0, 6, 6);
    const ranges = (toMs: number, fromMs: number) => [
      { fromMs: 0, toMs },
      { fromMs, toMs: 10_000 },
    ];
    expect(ingestGapUntil(rows, [], 10_000, ranges(3_000, 8_000))).toBe(never);
    expect(ingestGapUntil(rows, [], 10_000, ranges(4_000, 7_000))).toBe(never);
    expect(ingestGapUntil(rows, [], 10_000, ranges(5_000, 7_000))).toBe(8_000 + 5_000);
  });

  test('property: five seconds after a second in which somebody was heard, and never later than that after the last', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(8), { maxLength: 60 }), (voices) => {
        const found = until(...voices);
        if (found === never) return;
        const second = found / 1_000 - 5;
        expect(voices[second]).toBeGreaterThan(0);
        expect(Math.max(...voices.slice(second - 3, second))).toBeLessThan(Math.max(...voices));
      }),
    );
    expect(until(6, 6, 0, 0, 0, 6)).not.toBe(never);
  });
});

describe('a diagnosis after a gap in ingest', () => {
  const warmUpSeconds = 70;
  const faultMs = startMs + warmUpSeconds * 1_000;
  const worldWith = (fault: Fault): World => ({
    services: [
      { name: 'web', replicas: 2, selfMs: 5, calls: ['orders'] },
      { name: 'orders', replicas: 2, selfMs: 10, calls: ['stock'] },
      { name: 'stock', replicas: 2, selfMs: 15, calls: [] },
    ],
    entry: 'web',
    requestsPerSecond: 30,
    faults: [fault],
    seed: 3,
    warmUpSeconds,
    afterSeconds: 20,
  });

  /** Nothing is heard from 4 s after the fault; the others are heard again 12 s later, `late` only another 5 s later. */
  function withIngestGap(input: DiagnosisInput, late: string): DiagnosisInput {
    const lost = ({ atMs, service }: { readonly atMs: number; readonly service: string }): boolean =>
      atMs >= faultMs + 4_000 && atMs < faultMs + (service === late ? 21_000 : 16_000);
    return {
      ...input,
      calls: input.calls.filter((row) => !lost(row)),
      metrics: input.metrics.filter((row) => !lost(row)),
      logs: input.logs.filter((row) => !lost(row)),
    };
  }
  const first = (input: DiagnosisInput) => {
    const best = diagnose(input, []).diagnosis.hypotheses[0];
    return `${best?.cause} of ${best?.scope.service}`;
  };

  test.each(['stock', 'orders', 'web'])(
    '%s, whose telemetry is not back yet, is not taken for hung',
    (late) => {
      const input = simulate(worldWith({ kind: 'errors', service: 'stock', rate: 0.6 }));
      expect(first(input)).toBe('error-burst of stock');
      expect(first(withIngestGap(input, late))).toBe('error-burst of stock');
    },
  );

  test('one that really hangs is found once there was time to hear of it', () => {
    const input = simulate({ ...worldWith({ kind: 'hang', service: 'stock' }), afterSeconds: 32 });
    expect(first(withIngestGap(input, 'nobody'))).toBe('hang of stock');
  });

  test.each([
    ['until the fault', 0],
    ['until a quarter of a minute before it', 15_000],
  ])('little was heard %s: what is heard now is no surge', (_until, endedBeforeMs) => {
    const input = simulate(worldWith({ kind: 'errors', service: 'stock', rate: 0.6 }));
    // Every tenth second came through: a backlog of which most was too late.
    const lost = ({ atMs }: { readonly atMs: number }): boolean =>
      atMs < faultMs - endedBeforeMs && (atMs / 1_000) % 10 !== 0;
    const after = {
      ...input,
      calls: input.calls.filter((row) => !lost(row)),
      metrics: input.metrics.filter((row) => !lost(row)),
    };
    expect(diagnose(after, []).diagnosis.hypotheses.map(({ cause }) => cause)).not.toContain('traffic-surge');
    expect(first(after)).toBe('error-burst of stock');
  });

  test('demand with nothing to compare it with makes no slow service one that waits on itself', () => {
    const surge = casesFor(1).find(({ name }) => name.startsWith('traffic surge at'));
    if (surge === undefined) throw new Error('no surge');
    const input = simulate({ ...surge.world, afterSeconds: 30 });
    const lost = ({ atMs }: { readonly atMs: number }): boolean =>
      atMs < input.onsetMs && atMs >= input.onsetMs - 40_000 && (atMs / 1_000) % 10 !== 0;
    const after = {
      ...input,
      calls: input.calls.filter((row) => !lost(row)),
      metrics: input.metrics.filter((row) => !lost(row)),
    };
    expect(diagnose(after, []).diagnosis.hypotheses.map(({ cause }) => cause)).not.toContain('hang');
  });

  test('a real surge is found again once there was time to hear what is usual', () => {
    const input = simulate(worldWith({ kind: 'surge', service: 'web', factor: 4 }));
    const lost = ({ atMs }: { readonly atMs: number }): boolean =>
      atMs >= startMs + 20_000 && atMs < startMs + 40_000;
    const after = { ...input, calls: input.calls.filter((row) => !lost(row)) };
    const causes = diagnose({ ...after, metrics: input.metrics.filter((row) => !lost(row)) }, []);
    expect(causes.diagnosis.hypotheses.map(({ cause }) => cause)).toContain('traffic-surge');
  });
});

/** One of each: judged by demand, by silence, by errors and by a trend. */
const cases = ['traffic surge', 'hang', 'error burst', 'memory leak, early'].map((kind) => {
  const found = casesFor(1).find(({ name }) => name.startsWith(`${kind} at`));
  if (found === undefined) throw new Error(`no case of ${kind}`);
  return found;
});

describe('a diagnosis minutes after the onset, which reads only the beginning and the present', () => {
  test.each(cases)('finds the $name', ({ world, truth }) => {
    const whole = simulate({ ...world, afterSeconds: 240 });
    const ranges = rangesAround(whole.environment, whole.onsetMs, whole.nowMs);
    expect(ranges).toHaveLength(2);
    const isRead = ({ atMs }: { readonly atMs: number }): boolean =>
      ranges.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
    const read = {
      ...whole,
      ranges,
      calls: whole.calls.filter(isRead),
      metrics: whole.metrics.filter(isRead),
      logs: whole.logs.filter(isRead),
    };
    const best = diagnose(read, []).diagnosis.hypotheses[0];
    expect({ cause: best?.cause, service: best?.scope.service }).toEqual({
      cause: truth.cause,
      service: truth.service,
    });
  });
});
