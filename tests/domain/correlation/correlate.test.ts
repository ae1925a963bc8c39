import { describe, expect, it } from 'vitest';
import { anomaly } from '../../../bench/support/simulated-system.ts';
import {
  correlationConfigSchema,
  findEpisode,
  type OpenEpisode,
} from '../../../domain/correlation/correlate.ts';
import { fingerprintText } from '../../../domain/correlation/fingerprint.ts';
import { ServiceGraph } from '../../../domain/correlation/service-graph.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';

const edges = [
  { caller: 'a', callee: 'b' },
  { caller: 'b', callee: 'c' },
  { caller: 'c', callee: 'd' },
];
const config = { windowMs: 60_000 };
const graph = new ServiceGraph(edges, 1);
const atMs = 1_000_000;

const episode = (more: Partial<OpenEpisode> = {}): OpenEpisode => ({
  incidentId: 'i1',
  environment: 'test',
  services: ['b'],
  openedAtMs: atMs,
  lastAnomalyMs: atMs,
  handedOver: false,
  ...more,
});
const found = (one: Anomaly, open: readonly OpenEpisode[]) =>
  findEpisode(one, open, graph.around(one.scope.service), config);
const seenAt = (service: string, onsetMs: number) => anomaly(service, 'errors', 0, 0, 1, { onsetMs });

describe('finding the episode of an anomaly', () => {
  it('joins a neighbour close in time', () => {
    expect(found(seenAt('c', atMs + 5_000), [episode()])?.incidentId).toBe('i1');
  });

  it('keeps apart what is far in the graph, in time, or in another environment', () => {
    expect(found(seenAt('d', atMs), [episode()])).toBeNull();
    expect(found(seenAt('c', atMs + 61_000), [episode()])).toBeNull();
    expect(found(seenAt('c', atMs - 61_000), [episode()])).toBeNull();
    expect(found(seenAt('b', atMs), [episode({ environment: 'other' })])).toBeNull();
  });

  it('joins the same service however long the episode is open', () => {
    expect(found(seenAt('b', atMs + 3_600_000), [episode()])?.incidentId).toBe('i1');
  });

  it('chooses the most recently active of several', () => {
    const younger = episode({ incidentId: 'i2', services: ['c'], lastAnomalyMs: atMs + 1_000 });
    expect(found(seenAt('b', atMs + 2_000), [episode(), younger])?.incidentId).toBe('i2');
  });

  it('has defaults, and refuses unknown keys', () => {
    expect(correlationConfigSchema.parse({})).toEqual({
      ...{ windowMs: 120_000, maxHops: 2 },
      crowds: { node: 3, text: 3, release: 5, zone: 8 },
      semantic: { enabled: false, windowMs: 1_800_000, similarity: 0.8 },
    });
    expect(correlationConfigSchema.safeParse({ hops: 1 }).success).toBe(false);
  });
});

describe('fingerprint', () => {
  it('is the same for symptoms that come together, and free of instances and figures', () => {
    const first = anomaly('b', 'errors', 0, 0, 0.4);
    const second = anomaly('b', 'latency', 9, 10, 900, {
      scope: { environment: 'test', service: 'b', resourceId: 'b-1', component: 'x' },
    });
    expect(fingerprintText(first)).toBe('test/b/service');
    expect(fingerprintText(second)).toBe(fingerprintText(first));
    expect(fingerprintText(anomaly('b', 'memory', 0, 0, 1))).toBe('test/b/resource');
  });

  it('cannot be forged by names with separators', () => {
    const forged = anomaly('b/service', 'errors', 0, 0, 1, {
      scope: { environment: 'test/b', service: 'service' },
    });
    const honest = anomaly('x', 'errors', 0, 0, 1, { scope: { environment: 'test', service: 'b/service' } });
    expect(fingerprintText(forged)).not.toBe(fingerprintText(honest));
  });
});
