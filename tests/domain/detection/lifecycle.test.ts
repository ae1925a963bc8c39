import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { type Deviation, Finding, learning, normal } from '../../../domain/detection/lifecycle.ts';

const rule = { clearMs: 5_000, minSamples: 3 };
const deviation: Deviation = {
  ...{ kind: 'deviating', confirmed: true, onsetMs: 8_000, direction: 'up', expected: 1, seen: 9 },
  ...{ score: 5_000, confidence: 2, severity: 'warning', summary: 'too much' },
};

function setUp() {
  const anomalies: Anomaly[] = [];
  const scope = { environment: 'test', service: 'shop' };
  const identity = {
    detector: 'robust-z',
    signal: 'other',
    scope,
    seriesKey: 'metric/x',
    metric: 'm',
  } as const;
  const finding = new Finding(identity);
  const sink = (anomaly: Anomaly): void => {
    anomalies.push(anomaly);
  };
  return { anomalies, finding, sink };
}

describe('a finding', () => {
  it('is emitted once, with score and confidence in their bounds', () => {
    const { anomalies, finding, sink } = setUp();
    finding.update({ ...deviation, confirmed: false }, 9_000, rule, sink);
    expect(anomalies).toEqual([]);
    for (const atMs of [10_000, 11_000, 12_000]) finding.update(deviation, atMs, rule, sink);
    expect(anomalies).toHaveLength(1);
    expect(anomalies[0]).toMatchObject({
      state: 'firing',
      onsetMs: 8_000,
      detectedMs: 10_000,
      score: 1000,
      confidence: 1,
    });
  });

  it('is cleared after being normal for long enough, as of when it became so', () => {
    const { anomalies, finding, sink } = setUp();
    finding.update(deviation, 10_000, rule, sink);
    for (const atMs of [11_000, 12_000, 13_000, 14_000, 15_000]) finding.update(normal, atMs, rule, sink);
    expect(anomalies).toHaveLength(1);
    finding.update(normal, 16_000, rule, sink);
    expect(anomalies[1]).toMatchObject({
      id: anomalies[0]?.id,
      state: 'cleared',
      clearedMs: 11_000,
      onsetMs: 8_000,
    });
    expect(finding.firing).toBe(false);
  });

  it('is not cleared by too few samples, by no verdict, or across another deviation', () => {
    const { anomalies, finding, sink } = setUp();
    finding.update(deviation, 10_000, rule, sink);
    finding.update(normal, 11_000, rule, sink);
    finding.update(learning, 60_000, rule, sink);
    finding.update(normal, 61_000, rule, sink);
    expect(finding.firing).toBe(true);
    finding.update({ ...deviation, confirmed: false }, 62_000, rule, sink);
    for (const atMs of [63_000, 64_000]) finding.update(normal, atMs, rule, sink);
    expect(anomalies).toHaveLength(1);
  });

  it('that grows from a hint to a symptom is emitted again, and both are cleared', () => {
    const { anomalies, finding, sink } = setUp();
    finding.update({ ...deviation, severity: 'info' }, 10_000, rule, sink);
    finding.update(deviation, 11_000, rule, sink);
    finding.update({ ...deviation, severity: 'critical' }, 12_000, rule, sink);
    finding.clear(13_000, sink);
    expect(anomalies.map(({ state, severity }) => `${state} ${severity}`)).toEqual([
      'firing info',
      'firing warning',
      'cleared info',
      'cleared warning',
    ]);
    expect(new Set(anomalies.map(({ id }) => id)).size).toBe(2);
  });

  it('has an id that depends on series, detector, signal and onset, and on nothing else', () => {
    const ids = [deviation, { ...deviation, seen: 77, score: 3 }, { ...deviation, onsetMs: 9_000 }].map(
      (each) => {
        const { anomalies, finding, sink } = setUp();
        finding.update(each, 10_000, rule, sink);
        return anomalies[0]?.id;
      },
    );
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });
});
