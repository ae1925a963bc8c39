import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anomaly,
  environment,
  type Fault,
  simulate,
  startMs,
  type World,
} from '../../../bench/support/simulated-system.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { seriesKey } from '../../../domain/detection/series.ts';
import type { DiagnosisInput } from '../../../domain/diagnosis/input.ts';
import { verify } from '../../../domain/remediation/verify.ts';
import { verificationConfigSchema } from '../../../domain/remediation/verify-config.ts';
import type { VerificationInput } from '../../../domain/remediation/verify-input.ts';

const config = verificationConfigSchema.parse({});
const fixedAtSecond = 20;
const onsetMs = startMs + 70_000;
const effectAtMs = onsetMs + fixedAtSecond * 1000;

const system: World = {
  services: [
    { name: 'web', replicas: 1, selfMs: 10, calls: ['orders'] },
    { name: 'orders', replicas: 2, selfMs: 20, calls: ['ledger'] },
    { name: 'ledger', replicas: 2, selfMs: 30, calls: [] },
  ],
  entry: 'web',
  requestsPerSecond: 20,
  faults: [],
  afterSeconds: fixedAtSecond + 32,
  seed: 5,
};

/** What the activity would be given `second` seconds after the effect; calls arrive two seconds late. */
function at(
  input: DiagnosisInput,
  second: number,
  anomalies: readonly Anomaly[],
  more: Partial<VerificationInput> = {},
): VerificationInput {
  const nowMs = effectAtMs + second * 1000 + 400;
  return {
    anomalies,
    calls: input.calls.filter(({ atMs }) => atMs < nowMs - 2_400),
    metrics: input.metrics.filter(({ atMs }) => atMs < nowMs - 400),
    edges: input.edges,
    onsetMs,
    effectAtMs,
    nowMs,
    targetService: 'ledger',
    config,
    ...more,
  };
}

function outcomes(
  fault: Fault,
  anomalies: readonly Anomaly[],
  more: Partial<VerificationInput> = {},
  world = system,
) {
  const input = simulate({ ...world, faults: [fault] });
  return Array.from({ length: 28 }, (_, index) => verify(at(input, index + 1, anomalies, more)));
}

const seen = (...signals: readonly (readonly [string, Anomaly['signal']])[]) =>
  signals.map(([service, signal]) => anomaly(service, signal, onsetMs, 0, 1));

const faults: readonly (readonly [string, Fault, readonly Anomaly[]])[] = [
  ['errors', { kind: 'errors', service: 'ledger', rate: 0.3 }, seen(['ledger', 'errors'], ['web', 'errors'])],
  [
    'slowness',
    { kind: 'slow', service: 'ledger', factor: 6 },
    seen(['ledger', 'latency'], ['web', 'latency']),
  ],
  ['a crash', { kind: 'crash', service: 'ledger' }, seen(['ledger', 'availability'], ['web', 'errors'])],
  [
    'a crash loop',
    { kind: 'crash-loop', service: 'ledger' },
    seen(['ledger', 'restarts'], ['web', 'errors']),
  ],
  ['a hang', { kind: 'hang', service: 'ledger' }, seen(['ledger', 'absence'], ['web', 'errors'])],
  ['a leak', { kind: 'memory-leak', service: 'ledger', sharePerSecond: 0.02 }, seen(['ledger', 'memory'])],
  ['burning CPU', { kind: 'cpu-burn', service: 'ledger' }, seen(['ledger', 'cpu'], ['ledger', 'latency'])],
  [
    'a full disk',
    { kind: 'disk-fill', service: 'ledger', sharePerSecond: 0.1 },
    seen(['ledger', 'disk'], ['ledger', 'errors']),
  ],
  [
    'an empty pool',
    { kind: 'pool-exhaustion', service: 'ledger' },
    seen(['ledger', 'pool'], ['ledger', 'errors']),
  ],
];

describe.each(faults)('%s', (_, fault, anomalies) => {
  it('that was fixed is recovered, after enough samples and within seconds', () => {
    const results = outcomes({ ...fault, untilSecond: fixedAtSecond }, anomalies);
    const first = results.findIndex(({ outcome }) => outcome === 'recovered') + 1;
    expect(first).toBeGreaterThan(6);
    expect(first).toBeLessThan(20);
    expect(results[first - 1]).toMatchObject({ settled: true, controlImprovedToo: false });
    expect(results[first - 1]?.series.every(({ ok }) => ok)).toBe(true);
    expect(
      results.slice(0, first).some(({ outcome, settled }) => outcome === 'not-recovered' && settled),
    ).toBe(false);
  });

  it('that goes on is never recovered, and in the end certainly not', () => {
    const results = outcomes(fault, anomalies);
    expect(results.map(({ outcome }) => outcome)).not.toContain('recovered');
    expect(results.at(-1)).toMatchObject({ outcome: 'not-recovered', settled: true });
  });

  it('whose telemetry stopped is not recovered', () => {
    const input = simulate({ ...system, faults: [{ ...fault, untilSecond: fixedAtSecond }] });
    const last = at(input, 28, anomalies);
    const silent = {
      ...last,
      calls: last.calls.filter(({ atMs }) => atMs < effectAtMs),
      metrics: last.metrics.filter(({ atMs }) => atMs < effectAtMs),
    };
    expect(verify(silent)).toMatchObject({ outcome: 'unverified', settled: false });
    const half = { ...last, calls: last.calls.filter(({ atMs }) => atMs < effectAtMs) };
    expect(verify(half).outcome).not.toBe('recovered');
  });
});

it('a series that is both symptom and health is shown once', () => {
  const key = {
    kind: 'calls',
    environment,
    service: 'ledger',
    side: 'server',
    peer: '',
    measure: 'errors',
  } as const;
  const [errors] = seen(['ledger', 'errors']) as [Anomaly];
  const fault: Fault = { kind: 'errors', service: 'ledger', rate: 0.3 };
  const last = outcomes(fault, [{ ...errors, seriesKey: seriesKey(key) }]).at(-1);
  expect(last?.series.filter((one) => one.seriesKey === seriesKey(key))).toEqual([
    expect.objectContaining({ ok: false }),
  ]);
});

describe('better is not well', () => {
  it('half of the errors left is not recovered', () => {
    const [strong, weak]: Fault[] = [
      { kind: 'errors', service: 'ledger', rate: 0.4, untilSecond: fixedAtSecond },
      { kind: 'errors', service: 'ledger', rate: 0.1, atSecond: fixedAtSecond },
    ];
    const input = simulate({ ...system, faults: [strong, weak].filter((fault) => fault !== undefined) });
    const result = verify(at(input, 25, seen(['ledger', 'errors'])));
    expect(result.outcome).toBe('not-recovered');
  });

  it('a leak that goes on after the restart is not recovered', () => {
    const again: Fault[] = [
      { kind: 'memory-leak', service: 'ledger', sharePerSecond: 0.02, untilSecond: fixedAtSecond },
      { kind: 'memory-leak', service: 'ledger', sharePerSecond: 0.02, atSecond: fixedAtSecond },
    ];
    const input = simulate({ ...system, faults: again });
    expect(verify(at(input, 18, seen(['ledger', 'memory']))).outcome).toBe('not-recovered');
  });

  it('a cure that makes the entry ill is not recovered', () => {
    const swapped: Fault[] = [
      { kind: 'errors', service: 'ledger', rate: 0.4, untilSecond: fixedAtSecond },
      { kind: 'errors', service: 'web', rate: 0.4, atSecond: fixedAtSecond },
    ];
    const input = simulate({ ...system, faults: swapped });
    const result = verify(at(input, 25, seen(['ledger', 'errors'])));
    expect(result).toMatchObject({
      outcome: 'not-recovered',
      reason: expect.stringContaining('errors of web'),
    });
  });

  it('memory of another service that grows while users are well again does not undo the cure', () => {
    const faults: Fault[] = [
      { kind: 'errors', service: 'ledger', rate: 0.4, untilSecond: fixedAtSecond },
      { kind: 'memory-leak', service: 'web', sharePerSecond: 0.006 },
    ];
    const input = simulate({ ...system, faults });
    const grows = seen(['ledger', 'errors'], ['web', 'memory']);
    expect(verify(at(input, 25, grows)).outcome).toBe('recovered');
    expect(verify(at(input, 25, grows, { targetService: 'web' })).outcome).not.toBe('recovered');
    expect(verify(at(input, 25, seen(['web', 'memory']))).outcome).not.toBe('recovered');
    expect(verify(at(input, 25, grows, { effectAtMs: null })).outcome).not.toBe('recovered');
  });

  it('one of three replicas still silent is not recovered', () => {
    const three = {
      ...system,
      services: system.services.map((one) => (one.name === 'web' ? { ...one, replicas: 3 } : one)),
      requestsPerSecond: 90,
    };
    const results = outcomes(
      { kind: 'hang', service: 'web', replicas: 1 },
      seen(['web', 'absence']),
      { targetService: 'web' },
      three,
    );
    expect(results.map(({ outcome }) => outcome)).not.toContain('recovered');
  });
});

describe('what cannot be measured again', () => {
  const input = simulate(system);

  it('is unverified, never recovered', () => {
    expect(verify(at(input, 25, [])).outcome).toBe('unverified');
    expect(
      verify(at(input, 25, seen(['ledger', 'logs'], ['ledger', 'reported'], ['web', 'other']))).outcome,
    ).toBe('unverified');
    expect(verify(at(input, 25, seen(['nobody', 'errors']))).outcome).toBe('unverified');
    expect(
      verify(at(input, 25, [anomaly('ledger', 'errors', onsetMs, 0, 1, { severity: 'info' })])).outcome,
    ).toBe('unverified');
  });

  it('an instance that was replaced is judged by its service', () => {
    const gone = anomaly('ledger', 'absence', onsetMs, 0, 1, {
      scope: { environment, service: 'ledger', resourceId: 'ledger-old' },
      seriesKey: seriesKey({ kind: 'absence', environment, service: 'ledger', instance: 'ledger-old' }),
    });
    expect(verify(at(input, 25, [gone])).outcome).toBe('recovered');
  });
});

describe('without an effect', () => {
  const fault: Fault = { kind: 'errors', service: 'ledger', rate: 0.5, untilSecond: 6 };

  it('a symptom that went away by itself is recovered', () => {
    const input = simulate({ ...system, faults: [fault] });
    expect(verify(at(input, 4, seen(['ledger', 'errors']), { effectAtMs: null })).outcome).toBe('recovered');
    const early = at(input, -15, seen(['ledger', 'errors']), { effectAtMs: null });
    expect(verify(early).outcome).not.toBe('recovered');
  });

  it('one that is still there is not', () => {
    const input = simulate({ ...system, faults: [{ ...fault, untilSecond: undefined }] });
    expect(verify(at(input, 4, seen(['ledger', 'errors']), { effectAtMs: null })).outcome).toBe(
      'not-recovered',
    );
  });
});

describe('the control', () => {
  it('an untouched neighbour that got well too casts doubt on the action', () => {
    const both: Fault[] = ['orders', 'ledger'].map((service) => ({
      kind: 'errors',
      service,
      rate: 0.3,
      untilSecond: fixedAtSecond,
    }));
    const input = simulate({ ...system, faults: both });
    const touched = at(input, 28, seen(['orders', 'errors']), { targetService: 'orders' });
    expect(verify(touched)).toMatchObject({ outcome: 'recovered', controlImprovedToo: true });
    // Callers of the touched service get well because of it: no control.
    const deepest = at(input, 28, seen(['ledger', 'errors']), { targetService: 'ledger' });
    expect(verify(deepest)).toMatchObject({ outcome: 'recovered', controlImprovedToo: false });
  });
});

describe('replicas', () => {
  it('that the executor still counts as gone keep the incident open', () => {
    const input = simulate({
      ...system,
      faults: [{ kind: 'crash', service: 'ledger', replicas: 1, untilSecond: fixedAtSecond }],
    });
    const anomalies = seen(['ledger', 'availability']);
    const targets = input.targets;
    expect(verify(at(input, 25, anomalies, { targets })).outcome).toBe('recovered');
    const missing = targets.map((one) => ({ ...one, desiredReplicas: one.desiredReplicas + 1 }));
    expect(verify(at(input, 25, anomalies, { targets: missing })).outcome).toBe('not-recovered');
    const unready = targets.map((one) => ({ ...one, readyReplicas: one.desiredReplicas - 1 }));
    expect(verify(at(input, 25, anomalies, { targets: unready })).outcome).toBe('not-recovered');
    const switchedOff = targets.map((one) => ({ ...one, desiredReplicas: 0, replicas: [] }));
    expect(verify(at(input, 25, anomalies, { targets: switchedOff })).outcome).toBe('not-recovered');
  });
});

describe('always', () => {
  it('never recovered without fresh samples of the symptom', () => {
    const input = simulate({ ...system, afterSeconds: fixedAtSecond });
    const signals = fc.constantFrom(
      'errors',
      'latency',
      'cpu',
      'memory',
      'disk',
      'pool',
      'restarts',
      'absence',
      'traffic',
      'logs',
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('web', 'orders', 'ledger', 'nobody'), signals), { maxLength: 5 }),
        fc.integer({ min: 1, max: 60 }),
        (symptoms, second) => {
          const anomalies = symptoms.map(([service, signal]) =>
            anomaly(service, signal as Anomaly['signal'], onsetMs, 0, 1),
          );
          const given = at(input, second, anomalies);
          const before = {
            ...given,
            calls: given.calls.filter(({ atMs }) => atMs < effectAtMs),
            metrics: given.metrics.filter(({ atMs }) => atMs < effectAtMs),
          };
          expect(verify(before).outcome).not.toBe('recovered');
        },
      ),
      { numRuns: 40 },
    );
  });

  it('configuration is strict', () => {
    expect(verificationConfigSchema.safeParse({ minSample: 1 }).success).toBe(false);
    expect(config).toMatchObject({ windowSeconds: 6, minSamples: 5 });
  });
});
