// Failures, latency and traffic on call buckets: the three detectors that read the last minute of calls.

import { describe, expect, it } from 'vitest';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import { CallSlots } from '../../../../domain/detection/detectors/call-slots.ts';
import { ErrorRatio } from '../../../../domain/detection/detectors/error-ratio.ts';
import { Latency } from '../../../../domain/detection/detectors/latency.ts';
import { Traffic } from '../../../../domain/detection/detectors/traffic.ts';
import type { CallBucket } from '../../../../domain/telemetry.ts';

const config = detectionConfigSchema.parse({});
const between = (second: number, from: number, to: number): boolean => second >= from && second < to;

function bucket(second: number, fields: Partial<CallBucket> = {}): CallBucket {
  return {
    ...{ atMs: second * 1_000, service: 'shop', instance: 'shop-1', side: 'server', peer: '' },
    ...{ count: 20, errors: 0, ownErrors: 0, latencyP50Ms: 20, latencyP95Ms: 50, selfTimeP50Ms: 20 },
    ...fields,
  };
}

describe('the last minute of calls', () => {
  it('adds up instances, in whatever order their seconds come', () => {
    const slots = new CallSlots();
    slots.add(bucket(2, { instance: 'a' }));
    slots.add(bucket(1, { instance: 'a', errors: 3 }));
    slots.add(bucket(2, { instance: 'b', errors: 2 }));
    expect(slots.all.map(({ atMs, count, errors }) => [atMs, count, errors])).toEqual([
      [1_000, 20, 3],
      [2_000, 40, 2],
    ]);
  });

  it('counts in the interval of its sender; a row that stands for two changes nothing', () => {
    const slots = new CallSlots();
    for (let row = 0; row < 6; row += 1)
      slots.add(bucket(60 * row, { intervalMs: row === 3 ? 120_000 : 60_100 }));
    expect([slots.stepMs, slots.coarse, slots.all.length]).toEqual([60_000, true, 6]);
    for (let row = 0; row < 12; row += 1) slots.add(bucket(400 + 10 * row, { intervalMs: 10_000 }));
    expect([slots.stepMs, slots.all[0]?.atMs]).toEqual([10_000, expect.any(Number)]);
    expect(slots.all.every(({ count }) => count === 20)).toBe(true);
  });

  it('sees one slow instance among three in the tail, not in the median', () => {
    const slots = new CallSlots();
    for (const instance of ['a', 'b', 'c'])
      slots.add(
        bucket(1, { instance, ...(instance === 'c' ? { latencyP50Ms: 900, latencyP95Ms: 1_000 } : {}) }),
      );
    expect(slots.all[0]?.p50).toBeLessThan(60);
    expect(slots.all[0]?.p95).toBeGreaterThanOrEqual(900);
  });

  it('keeps little more than a minute, and refuses what is older', () => {
    const slots = new CallSlots();
    for (let second = 0; second < 300; second += 1) slots.add(bucket(second));
    expect(slots.all.length).toBeLessThanOrEqual(76);
    expect(slots.add(bucket(10))).toBe(false);
  });
});

describe('the error ratio', () => {
  /** Feeds one bucket a second and gives the judgement after each. */
  const run = (errorsAt: (second: number) => number, seconds: number, count = 20, isServer = true) => {
    const slots = new CallSlots();
    const detector = new ErrorRatio({ what: 'calls to shop', isServer });
    return Array.from({ length: seconds }, (_, second) => {
      slots.add(bucket(second, { count, errors: errorsAt(second) }));
      return detector.judge(slots, config, false);
    });
  };
  const firstFound = (judgements: ReturnType<typeof run>): number =>
    judgements.findIndex((judgement) => judgement.kind === 'deviating' && judgement.confirmed);

  it('finds 40 % after the second bad second, and 5 % after a few', () => {
    expect(firstFound(run((second) => (second >= 30 ? 8 : 0), 60))).toBe(31);
    expect(firstFound(run((second) => (second >= 30 ? 1 : 0), 60))).toBeLessThanOrEqual(35);
  });

  it('dates the finding to the second from which it was different', () => {
    const judgements = run((second) => (second >= 40 ? 2 : second % 20 === 7 ? 1 : 0), 60);
    const found = judgements[firstFound(judgements)];
    expect(found).toMatchObject({ kind: 'deviating', onsetMs: 40_000, direction: 'up' });
  });

  it('takes the usual share for usual', () => {
    expect(firstFound(run((second) => (second % 2 === 0 ? 1 : 0), 600))).toBe(-1);
    expect(firstFound(run((second) => (second >= 300 ? 4 : second % 2), 600))).toBeGreaterThanOrEqual(300);
  });

  it('does not judge the first seconds of a service, nor learn from them', () => {
    expect(firstFound(run((second) => (second < 10 ? 20 : 0), 120))).toBe(-1);
    expect(firstFound(run((second) => (second < 10 || second > 40 ? 10 : 0), 120))).toBeLessThanOrEqual(43);
  });

  it('finds a server that fails half of its calls from the start, after a minute', () => {
    const always = (isServer: boolean) => firstFound(run(() => 12, 200, 20, isServer));
    expect(always(true)).toBeGreaterThan(0);
    expect(always(true)).toBeLessThanOrEqual(70);
  });

  it('judges few calls, too', () => {
    const judgements = run((second) => (second >= 60 ? 1 : 0), 80, 1);
    expect(firstFound(judgements)).toBeGreaterThanOrEqual(60);
    expect(firstFound(judgements)).toBeLessThanOrEqual(66);
  });

  it('is critical when a fifth of the calls fail', () => {
    const severities = [2, 8].map((errors) => {
      const judgements = run((second) => (second >= 30 ? errors : 0), 60);
      const found = judgements[firstFound(judgements)];
      return found?.kind === 'deviating' ? found.severity : null;
    });
    expect(severities).toEqual(['warning', 'critical']);
  });

  it('is over only after enough good calls, and not by silence', () => {
    const slots = new CallSlots();
    const detector = new ErrorRatio({ what: 'calls to shop', isServer: true });
    let firing = false;
    for (let second = 0; second < 40; second += 1) {
      slots.add(bucket(second, { errors: second >= 30 ? 10 : 0 }));
      const judgement = detector.judge(slots, config, firing);
      firing ||= judgement.kind === 'deviating' && judgement.confirmed;
    }
    expect(firing).toBe(true);
    expect(detector.judge(slots, config, true).kind).toBe('deviating');
    for (let second = 40; second < 46; second += 1) slots.add(bucket(second));
    expect(detector.judge(slots, config, true)).toEqual({ kind: 'normal', sinceMs: 41_000 });
  });
});

describe('latency', () => {
  const run = (fields: (second: number) => Partial<CallBucket>, seconds: number, usualFailures = 0) => {
    const slots = new CallSlots();
    const detector = new Latency('calls to shop');
    return Array.from({ length: seconds }, (_, second) => {
      slots.add(
        bucket(second, {
          latencyP50Ms: 20 + (second % 3),
          latencyP95Ms: 50 + (second % 7),
          ...fields(second),
        }),
      );
      return detector.judge(slots, config, false, usualFailures);
    });
  };
  const found = (judgements: ReturnType<typeof run>) =>
    judgements.findIndex(({ kind }) => kind === 'deviating');

  it('is found when the median stays up for three seconds', () => {
    const judgements = run((second) => (second >= 30 ? { latencyP50Ms: 70, latencyP95Ms: 150 } : {}), 40);
    expect(found(judgements)).toBe(32);
    expect(judgements[32]).toMatchObject({ onsetMs: 30_000, severity: 'warning', direction: 'up', seen: 70 });
  });

  it('is found when only the tail rose', () => {
    const judgements = run((second) => (second >= 30 ? { latencyP95Ms: 900 } : {}), 40);
    expect(found(judgements)).toBe(33);
    expect(judgements[33]).toMatchObject({ severity: 'critical', seen: 900 });
  });

  it('is dated back to when the slow calls began', () => {
    const judgements = run(
      (second) => (second >= 30 ? { latencyP50Ms: 3_000, latencyP95Ms: 3_100 } : {}),
      40,
    );
    expect(judgements[32]).toMatchObject({ onsetMs: 30_000 - (3_000 - 21) });
  });

  it('is not found for a stalled second, a little more, or when it falls', () => {
    expect(
      found(run((second) => (second % 20 === 0 ? { latencyP50Ms: 900, latencyP95Ms: 990 } : {}), 200)),
    ).toBe(-1);
    expect(found(run((second) => (second >= 30 ? { latencyP50Ms: 33, latencyP95Ms: 80 } : {}), 100))).toBe(
      -1,
    );
    expect(found(run((second) => (second >= 30 ? { latencyP50Ms: 1, latencyP95Ms: 2 } : {}), 100))).toBe(-1);
  });

  it('is not found when an outage of any length is over, in which calls failed at once', () => {
    const outage = (second: number) =>
      between(second, 30, 600) ? { errors: 9, latencyP50Ms: 1, latencyP95Ms: 60 } : {};
    expect(found(run(outage, 700))).toBe(-1);
  });

  it('is learnt anew when calls become quicker, and where some of them always fail', () => {
    const quicker = run(
      (second) => (second < 30 ? {} : { latencyP50Ms: second < 600 ? 1 : 45, latencyP95Ms: 60 }),
      700,
    );
    expect(quicker[found(quicker)]).toMatchObject({ onsetMs: 600_000, expected: 1 });
    const failing = (second: number) => ({ errors: 4, ...(second >= 60 ? { latencyP50Ms: 70 } : {}) });
    expect(found(run(failing, 70, 0.2))).toBe(62);
    expect(found(run(failing, 70))).toBe(-1);
  });
});

describe('traffic', () => {
  const run = (countAt: (second: number) => number, seconds: number) => {
    const slots = new CallSlots();
    const detector = new Traffic('shop');
    return Array.from({ length: seconds }, (_, second) => {
      const count = countAt(second);
      if (count > 0) slots.add(bucket(second, { count }));
      return detector.judge(slots, second * 1_000, config, false);
    });
  };
  const severities = (judgements: ReturnType<typeof run>) =>
    new Set(
      judgements.flatMap((judgement) =>
        judgement.kind === 'deviating' && judgement.confirmed ? [judgement.severity] : [],
      ),
    );
  const noise = (second: number) => ((second * 7) % 9) - 4;

  it('is a hint when it changes, and a warning when it stays doubled', () => {
    expect(severities(run((second) => 20 + noise(second) + (second >= 60 ? 14 : 0), 120))).toEqual(
      new Set(['info']),
    );
    expect(severities(run((second) => 20 + noise(second) + (second >= 60 ? 40 : 0), 120))).toEqual(
      new Set(['info', 'warning']),
    );
  });

  it('counts seconds without calls as zero: a loss is a hint, and a warning when it is total and lasts', () => {
    const judgements = run((second) => (second >= 60 ? 0 : 20 + noise(second)), 70);
    expect(severities(judgements)).toEqual(new Set(['info']));
    expect(severities(run((second) => (second >= 60 ? 0 : 20 + noise(second)), 110))).toEqual(
      new Set(['info', 'warning']),
    );
  });

  it('that comes back after it was relearnt is no news; more than ever is', () => {
    const comingBack = (countAt: (second: number) => number) => {
      const slots = new CallSlots();
      const detector = new Traffic('shop');
      return Array.from({ length: 400 }, (_, second) => {
        if (second === 200) detector.relearn(200_000);
        const usual = 20 + noise(second);
        const count = between(second, 60, 300) ? 2 : second < 60 ? usual : countAt(second);
        slots.add(bucket(second, { count }));
        return detector.judge(slots, second * 1_000, config, between(second, 64, 200));
      }).slice(300);
    };
    expect(severities(comingBack((second) => 20 + noise(second)))).toEqual(new Set());
    expect(severities(comingBack((second) => 12 + noise(second)))).toEqual(new Set());
    expect(severities(comingBack((second) => 60 + noise(second)))).toEqual(new Set(['info', 'warning']));
  });

  it('is not judged where there is too little of it', () => {
    expect(severities(run((second) => (second % 10 === 0 && second < 300 ? 1 : 0), 600))).toEqual(new Set());
  });
});
