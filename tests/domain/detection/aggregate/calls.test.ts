// From spans to call buckets: who answered, whose failure it was, how long a service worked itself, and when a second
// is complete.

import { describe, expect, it } from 'vitest';
import { CallAggregator } from '../../../../domain/detection/aggregate/calls.ts';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import { DropCounter } from '../../../../domain/detection/output.ts';
import type { SpanKind, SpanSummary } from '../../../../domain/observation.ts';

const config = detectionConfigSchema.parse({});
const base = 1_000_000;

function span(
  service: string,
  spanKind: SpanKind,
  spanId: string,
  rest: Partial<SpanSummary> & { at?: number; took?: number } = {},
): SpanSummary {
  const { at = 100, took = 10, ...fields } = rest;
  return {
    kind: 'span',
    scope: { environment: 'test', service, resourceId: `${service}-1` },
    traceId: 'trace',
    spanId,
    spanKind,
    name: 'span',
    startMs: base + at,
    durationMs: took,
    error: false,
    ...fields,
  };
}

function aggregate(spans: readonly SpanSummary[], closeAtMs = base + 20_000, overrides: object = {}) {
  const drops = new DropCounter();
  const calls = new CallAggregator(detectionConfigSchema.parse(overrides), drops);
  for (const each of spans) calls.add(each, base);
  const rows = [...calls.close(base + 1_000), ...calls.close(closeAtMs)];
  return { rows, edges: calls.takeNewEdges(), dropped: drops.take(), calls };
}

describe('call buckets', () => {
  it('count calls and failures per side, peer and second of their end', () => {
    const { rows } = aggregate([
      span('shop', 'server', 'a', { traceId: '1', took: 30 }),
      span('shop', 'server', 'b', { traceId: '2', took: 50, error: true }),
      span('shop', 'server', 'c', { traceId: '3', at: 900, took: 200 }),
    ]);
    expect(rows).toEqual([
      expect.objectContaining({
        atMs: base,
        side: 'server',
        peer: '',
        count: 2,
        errors: 1,
        ownErrors: 1,
        latencyP50Ms: 30,
        latencyP95Ms: 50,
      }),
      expect.objectContaining({ atMs: base + 1_000, count: 1, errors: 0, latencyP50Ms: 200 }),
    ]);
  });

  it('count work that nobody asked for as served, and work inside of a request not', () => {
    const { rows } = aggregate([
      span('importer', 'internal', 'job', { traceId: '1', error: true }),
      span('importer', 'internal', 'step', { traceId: '1', parentSpanId: 'job', error: true }),
    ]);
    expect(rows).toMatchObject([{ side: 'server', service: 'importer', count: 1, errors: 1 }]);
  });

  it('do not call a failure its own when a call of the service failed, also below internal spans', () => {
    const { rows } = aggregate([
      span('shop', 'client', 'call', { parentSpanId: 'inner', error: true, peer: 'bank' }),
      span('shop', 'internal', 'inner', { parentSpanId: 'root', error: true }),
      span('shop', 'server', 'root', { took: 40, error: true }),
      span('shop', 'server', 'other', { traceId: 'other', error: true }),
    ]);
    expect(rows.find(({ side }) => side === 'server')).toMatchObject({ count: 2, errors: 2, ownErrors: 1 });
  });

  it('do not blame a service for the failures inside the services it calls', () => {
    const { rows } = aggregate([
      span('bank', 'client', 'deep', { parentSpanId: 'answer', error: true, peer: 'ledger' }),
      span('bank', 'server', 'answer', { parentSpanId: 'call', error: false }),
      span('shop', 'client', 'call', { parentSpanId: 'root', error: false, peer: 'bank' }),
      span('shop', 'server', 'root', { error: true }),
    ]);
    expect(rows.find(({ service, side }) => service === 'shop' && side === 'server')).toMatchObject({
      ownErrors: 1,
    });
  });

  it('take the time of overlapping calls out of a service’s own time once', () => {
    const { rows } = aggregate([
      span('shop', 'client', 'x', { parentSpanId: 'root', at: 110, took: 50, peer: 'bank' }),
      span('shop', 'client', 'y', { parentSpanId: 'root', at: 140, took: 40, peer: 'bank' }),
      span('shop', 'server', 'root', { at: 100, took: 100 }),
    ]);
    expect(rows.find(({ side }) => side === 'server')?.selfTimeP50Ms).toBe(30);
  });

  it('name the callee as it names itself, also for calls that nobody answered', () => {
    const { rows, edges } = aggregate([
      span('shop', 'client', 'one', { traceId: '1', peer: '10.0.0.7' }),
      span('bank', 'server', 'answer', { traceId: '1', parentSpanId: 'one' }),
      span('shop', 'client', 'two', { traceId: '2', peer: '10.0.0.7', error: true, at: 200 }),
      span('shop', 'client', 'mail', { traceId: '3', peer: 'mail.example' }),
    ]);
    const clients = rows.filter(({ side }) => side === 'client');
    expect(clients.map(({ peer, count, errors }) => [peer, count, errors])).toEqual([
      ['bank', 2, 1],
      ['mail.example', 1, 0],
    ]);
    expect(edges).toEqual([
      { caller: 'shop', callee: 'bank' },
      { caller: 'shop', callee: 'mail.example' },
    ]);
  });

  it('say nothing new about edges that are known', () => {
    const { calls } = aggregate([span('shop', 'client', 'one', { peer: 'bank' })]);
    calls.add(span('shop', 'client', 'two', { traceId: 't2', at: 21_000, peer: 'bank' }), base);
    calls.close(base + 40_000);
    expect(calls.takeNewEdges()).toEqual([]);
  });
});

describe('a second of calls', () => {
  it('is closed as soon as its process has sent a span that ended later', () => {
    const calls = new CallAggregator(config, new DropCounter());
    calls.add(span('shop', 'server', 'a', { traceId: '1', at: 500 }), base);
    expect(calls.close(base + 900)).toEqual([]);
    calls.add(span('shop', 'server', 'b', { traceId: '2', at: 1_500 }), base);
    expect(calls.close(base + 1_600)).toHaveLength(1);
  });

  it('is closed after a while when nothing more comes', () => {
    const calls = new CallAggregator(config, new DropCounter());
    calls.add(span('shop', 'server', 'a', { at: 500 }), base);
    calls.close(base + 600);
    expect(calls.close(base + 2_400)).toEqual([]);
    expect(calls.close(base + 2_600)).toHaveLength(1);
  });

  it('waits longer for a process that exports rarely', () => {
    const calls = new CallAggregator(config, new DropCounter());
    calls.add(span('shop', 'server', 'a', { traceId: '1', at: 500 }), base);
    calls.add(span('shop', 'server', 'b', { traceId: '2', at: 5_400 }), base);
    expect(calls.close(base + 5_500)).toHaveLength(1);
    expect(calls.close(base + 9_000)).toEqual([]);
    expect(calls.close(base + 12_000)).toHaveLength(1);
  });

  it('takes no further span once its calls are in history, and says so', () => {
    const calls = new CallAggregator(config, new DropCounter());
    calls.add(span('shop', 'server', 'a', { traceId: '1', at: 100 }), base);
    calls.add(span('shop', 'server', 'b', { traceId: '2', at: 5_000 }), base);
    calls.close(base + 5_100);
    expect(calls.close(base + 30_000)).toHaveLength(1);
    const late = (at: number) => span('shop', 'server', `late ${at}`, { traceId: `3 ${at}`, at });
    expect(calls.add(late(200), base + 9_000)).toBe('late-span');
    expect(calls.add(late(5_200), base + 9_000)).toBe('late-span');
    expect(calls.close(base + 60_000)).toEqual([]);
  });

  it('takes what a collector kept while it was cut off: seconds of which nothing is known', () => {
    const calls = new CallAggregator(config, new DropCounter());
    const nowMs = base + 1_200_000;
    calls.add(span('shop', 'server', 'now', { traceId: 'now', at: 1_200_000 }), nowMs);
    calls.close(nowMs + 100);
    expect(calls.close(nowMs + 5_000)).toHaveLength(1);
    for (const [index, at] of [100, 300, 2_000, 3_000].entries()) {
      const kept = span('shop', 'server', `kept ${index}`, { traceId: `kept ${index}`, at });
      expect(calls.add(kept, nowMs + 6_000)).toBeNull();
      expect(calls.close(nowMs + 6_000)).toEqual([]);
    }
    const rows = calls.close(nowMs + 6_000 + config.buckets.maxWaitMs);
    expect(rows.map(({ atMs, count }) => [atMs, count])).toEqual([
      [base, 2],
      [base + 2_000, 1],
      [base + 3_000, 1],
    ]);
    // Delivered again, they are known.
    const again = span('shop', 'server', 'again', { traceId: 'again', at: 2_500 });
    expect(calls.add(again, nowMs + 30_000)).toBe('late-span');
  });

  it('takes nothing of the time before what an earlier process left in history', () => {
    const calls = new CallAggregator(config, new DropCounter());
    const place = { service: 'shop', instance: 'shop-1', side: 'server', peer: '' } as const;
    const figures = { count: 1, errors: 0, ownErrors: 0, latencyP50Ms: 1, latencyP95Ms: 1, selfTimeP50Ms: 1 };
    for (const at of [10_000, 20_000]) calls.restore({ atMs: base + at, ...place, ...figures });
    const add = (at: number) =>
      calls.add(span('shop', 'server', `${at}`, { traceId: `${at}`, at }), base + 30_000);
    expect([add(5_000), add(10_500), add(15_000), add(20_500), add(25_000)]).toEqual([
      'late-span',
      'late-span',
      null,
      'late-span',
      null,
    ]);
  });

  it('goes by the clock of a process that is ahead', () => {
    const calls = new CallAggregator(config, new DropCounter());
    const aheadMs = 300_000;
    for (const second of [0, 1, 2, 3]) {
      const at = aheadMs + second * 1_000;
      calls.add(span('shop', 'server', `${second}`, { traceId: `${second}`, at }), base + second * 1_000);
      calls.close(base + second * 1_000);
    }
    expect(calls.close(base + 6_000).at(-1)).toMatchObject({ atMs: base + aheadMs + 3_000 });
  });

  it('takes a repeated span once', () => {
    const repeated = span('shop', 'server', 'a');
    const { rows, dropped } = aggregate([repeated, repeated]);
    expect(rows[0]?.count).toBe(1);
    expect(dropped).toEqual({ 'duplicate-span': 1 });
  });
});

describe('the memory of spans', () => {
  it('is bounded per trace: further spans count, but explain nothing', () => {
    const spans = Array.from({ length: 30 }, (_, index) => span('shop', 'server', `s${index}`));
    const { rows, dropped } = aggregate(spans, base + 20_000, { limits: { spansPerTrace: 10 } });
    expect(rows[0]?.count).toBe(30);
    expect(dropped).toEqual({ 'trace-limit': 20 });
  });

  it('is bounded per environment: the oldest trace goes first', () => {
    const spans = Array.from({ length: 30 }, (_, index) =>
      span('shop', 'server', 'same', { traceId: `trace-${index}` }),
    );
    const { rows, calls } = aggregate(spans, base + 20_000, { limits: { spansInJoin: 5 } });
    expect(rows[0]?.count).toBe(30);
    expect(JSON.stringify([...Object.values(calls)].map(String)).length).toBeLessThan(10_000);
  });

  it('is bounded in peers: further callees are counted as one', () => {
    const spans = Array.from({ length: 10 }, (_, index) =>
      span('shop', 'client', `c${index}`, { traceId: `t${index}`, peer: `host-${index}` }),
    );
    const { rows, dropped } = aggregate(spans, base + 20_000, { limits: { peersPerInstance: 3 } });
    expect(rows.map(({ peer, count }) => [peer, count])).toEqual([
      ['host-0', 1],
      ['host-1', 1],
      ['host-2', 1],
      ['other', 7],
    ]);
    expect(dropped).toEqual({ 'peer-limit': 7 });
  });
});
