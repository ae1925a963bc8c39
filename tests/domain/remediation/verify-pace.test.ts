// However slowly telemetry comes: a cure is known by the time that was named before, and nothing sooner.

import { describe, expect, it, test } from 'vitest';
import type { Anomaly, DetectorId } from '../../../domain/detection/anomaly.ts';
import { verificationConfigSchema } from '../../../domain/remediation/verify-config.ts';
import { answerTakesMs } from '../../../domain/remediation/verify-pace.ts';
import type { CallBucket } from '../../../domain/telemetry.ts';
import {
  askAt,
  calls,
  effectSecond,
  environment,
  gauges,
  onsetMs,
  report,
  symptom,
} from './verify-series.ts';

const always = [-7_200, 7_200] as const;
const baseline = { level: 0.001, spread: 0, samples: 5_000, atMs: onsetMs };
const errors = symptom('shop', 'errors', { baseline });
const config = verificationConfigSchema.parse({});

/** Which seconds have samples. */
const paces: readonly (readonly [string, (second: number) => boolean])[] = [
  ['every second', () => true],
  ['every ten seconds', (second) => second % 10 === 0],
  ['every minute', (second) => second % 60 === 0],
  ['every five minutes', (second) => second % 300 === 0],
  ['in bursts with a pause of a minute', (second) => ((second % 60) + 60) % 60 < 3],
  ['in longer bursts with a pause of a minute', (second) => ((second % 67) + 67) % 67 < 7],
  ['at odd times', (second) => [0, 7, 31, 44, 90, 101].includes(((second % 120) + 120) % 120)],
];

/** Until a sample has summed up the time before the effect, slow ones still show the fault. */
function shop(speaks: (second: number) => boolean, curedAt: number): readonly CallBucket[] {
  return calls('shop', always, (second) =>
    speaks(second) ? { count: 300, errors: second >= 0 && second < curedAt ? 100 : 0 } : null,
  );
}

const evidence = (rows: readonly CallBucket[], nowMs: number) => ({
  ...{ environment, nowMs, onsetMs, anomalies: [errors], metrics: [], logs: [], edges: [], changes: [] },
  ...{ targets: [], missing: [], calls: rows.filter(({ atMs }) => atMs < nowMs) },
});

describe.each(paces)('samples %s', (_, speaks) => {
  const cured = shop(speaks, effectSecond);
  const ill = shop(speaks, 10_000);
  const named = answerTakesMs(evidence(cured, onsetMs + (effectSecond - 2) * 1_000), [], config);
  const limitSeconds = Math.max(60, ((named ?? 0) / 1_000) * 1.25);

  it('a cure is known within the time that is named before anybody approves', () => {
    const looks = Array.from({ length: 100 }, (_, index) =>
      askAt((index * limitSeconds) / 100, { anomalies: [errors], calls: cured }),
    );
    expect(looks.some(({ outcome }) => outcome === 'recovered')).toBe(true);
    expect(looks.map(({ outcome }) => outcome)).not.toContain('not-recovered');
  });

  it('what stays ill is not recovered by then, and never recovered', () => {
    const looks = Array.from({ length: 100 }, (_, index) =>
      askAt((index * limitSeconds) / 100, { anomalies: [errors], calls: ill }),
    );
    expect(looks.some(({ outcome }) => outcome === 'not-recovered')).toBe(true);
    expect(looks.map(({ outcome }) => outcome)).not.toContain('recovered');
  });
});

test('the time is told where it is long, in the answer and before: a window, the looks in a row, what sums up', () => {
  const perMinute = shop((second) => second % 60 === 0, effectSecond);
  const look = askAt(100, { anomalies: [errors], calls: perMinute });
  expect(look.answerTakesMs).toBe((3 + 60 + 5 * 60 + 2 * 60 + 60) * 1_000);
  expect(look.reason).toContain('needs about 10 min at this interval: a sample every 60 s');
  const tenSeconds = shop((second) => second % 10 === 0, effectSecond);
  expect(askAt(5, { anomalies: [errors], calls: tenSeconds }).reason).toContain(
    'needs about 93 s at this interval',
  );
  const everySecond = askAt(5, { anomalies: [errors], calls: shop(() => true, effectSecond) });
  expect(everySecond).not.toHaveProperty('answerTakesMs');
});

describe('each kind of finding', () => {
  const well = calls('shop', [-190, 240], (second) => ({
    errors: second >= 0 && second < effectSecond ? 8 : 0,
  }));
  const kinds: Readonly<Record<DetectorId, Partial<Anomaly> & Pick<Anomaly, 'signal'>>> = {
    'error-ratio': { signal: 'errors', baseline },
    latency: { signal: 'latency', metric: 'calls.server.latency-p50', expected: 20, seen: 400 },
    threshold: { signal: 'cpu', metric: 'process.cpu.utilization', expected: 0.1, seen: 0.95 },
    trend: { signal: 'memory', metric: 'process.memory.usage', expected: 1e8, seen: 9e8 },
    absence: { signal: 'absence', metric: 'absence', expected: 1, seen: 0 },
    'log-template': { signal: 'logs', metric: 'logs.count', seriesKey: 'logs|shop|t1' },
    'robust-z': { signal: 'other', metric: 'app.queue', seriesKey: 'metric|shop|queue' },
    unusual: { signal: 'other', metric: 'orders.rate', seriesKey: 'metric|shop|orders' },
    'fast-burn': { signal: 'errors', metric: 'calls.server.errors', expected: 0.001, seen: 0.02 },
    'slow-burn': { signal: 'errors', metric: 'calls.server.errors', expected: 0.001, seen: 0.002 },
    external: { signal: 'reported', metric: 'alert', seriesKey: 'alert|shop|1' },
  };
  const finding = (detector: DetectorId, more: Partial<Anomaly> = {}): Anomaly => {
    const { signal, ...rest } = kinds[detector];
    return symptom('shop', signal, { id: detector, detector, ...rest, ...more });
  };
  const cleared = { state: 'cleared', clearedMs: onsetMs + effectSecond * 1_000 } as const;
  const metrics = [
    ...gauges('shop', [-190, 240], 'process.cpu.utilization', (s) =>
      s >= 0 && s < effectSecond ? 0.95 : 0.1,
    ),
    ...gauges('shop', [-190, 240], 'process.memory.usage', (s) => (s >= 0 && s < effectSecond ? 9e8 : 1e8)),
  ];
  const stillIll = [
    ...gauges('shop', [-190, 240], 'process.cpu.utilization', (s) => (s >= 0 ? 0.95 : 0.1)),
    ...gauges('shop', [-190, 240], 'process.memory.usage', (s) => (s >= 0 ? 9e8 : 1e8)),
  ];
  const slow = calls('shop', [-190, 240], (s) =>
    s >= 0 ? { latencyP50Ms: 400, latencyP95Ms: 800, errors: 8 } : {},
  );
  const silent = calls('shop', [-190, 0], {});
  const others = calls('mail', [-190, 240], {});

  it.each(Object.keys(kinds) as DetectorId[])(
    '%s: beside a symptom that is gone it is over, too',
    (detector) => {
      const anomalies = [errors, finding(detector, cleared)];
      expect(askAt(120, { anomalies, calls: well, metrics }).outcome).toBe('recovered');
    },
  );

  it.each(Object.keys(kinds) as DetectorId[])('%s: while it goes on, nothing is recovered', (detector) => {
    const ofErrors = detector === 'error-ratio' || detector === 'latency';
    const rows = detector === 'absence' ? [...silent, ...others] : ofErrors ? slow : well;
    const anomalies = [errors, finding(detector)];
    const looks = Array.from({ length: 40 }, (_, index) =>
      askAt(index * 3, { anomalies, calls: rows, metrics: stillIll }),
    );
    expect(looks.map(({ outcome }) => outcome)).not.toContain('recovered');
  });

  it.each(['log-template', 'robust-z', 'fast-burn', 'slow-burn'] as const)(
    '%s: says what is waited for, and then for how long',
    (detector) => {
      const firing = askAt(120, { anomalies: [errors, finding(detector)], calls: well });
      expect(firing.outcome).toBe('unverified');
      expect(firing.reason).toContain('still found');
      const justOver = finding(detector, { ...cleared, clearedMs: onsetMs + (effectSecond + 118) * 1_000 });
      expect(askAt(120, { anomalies: [errors, justOver], calls: well }).reason).toContain('over just now');
      const hint = finding(detector, { severity: 'info' });
      expect(askAt(120, { anomalies: [errors, hint], calls: well }).outcome).toBe('recovered');
    },
  );

  it('a report of less weight says nothing', () => {
    const warning = report('firing', { severity: 'warning' });
    expect(askAt(120, { anomalies: [errors, warning], calls: well }).outcome).toBe('recovered');
  });
});
