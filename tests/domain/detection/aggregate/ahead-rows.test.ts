// A sender whose clock is ahead is judged when our clock gets there, and does not make the past of its neighbours.

import { describe, expect, it } from 'vitest';
import { AheadRows } from '../../../../domain/detection/aggregate/ahead-rows.ts';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import { createDetectionEngine } from '../../../../domain/detection/engine.ts';
import { DropCounter } from '../../../../domain/detection/output.ts';
import type { SpanSummary } from '../../../../domain/observation.ts';
import type { LogBucket } from '../../../../domain/telemetry.ts';

const startMs = 1_800_000_000_000;
const log = (atMs: number): LogBucket => ({
  atMs,
  service: 'shop',
  templateId: 't',
  template: 't',
  severityNumber: 17,
  count: 1,
});

describe('rows of the future', () => {
  it('wait until they are due; those of a minute are taken as they come', () => {
    const rows = new AheadRows(new DropCounter());
    const [now, soon, later] = [0, 60_000, 300_000].map((offset) => log(startMs + offset));
    const all = [now, soon, later].filter((row) => row !== undefined);
    expect(rows.due([], all, startMs).logs).toEqual([now, soon]);
    expect(rows.due([], [], startMs + 200_000).logs).toEqual([]);
    expect(rows.due([], [], startMs + 240_000).logs).toEqual([later]);
    expect(rows.due([], [], startMs + 400_000).logs).toEqual([]);
  });

  it('are bounded, and those that are not judged are counted', () => {
    const drops = new DropCounter();
    const rows = new AheadRows(drops);
    const many = Array.from({ length: 50_003 }, () => log(startMs + 300_000));
    expect(rows.due([], many, startMs).logs).toEqual([]);
    expect(drops.take()).toEqual({ 'ahead-limit': 3 });
  });
});

it('an instance in the future does not hide the failures of the one beside it', () => {
  const engine = createDetectionEngine(detectionConfigSchema.parse({}));
  const spanOf = (instance: string, endMs: number, index: number, error: boolean): SpanSummary => ({
    kind: 'span',
    scope: { environment: 'test', service: 'shop', resourceId: instance },
    traceId: `${instance} ${endMs} ${index}`,
    spanId: 'a',
    spanKind: 'server',
    name: 'GET /',
    startMs: endMs - 10,
    durationMs: 10,
    error,
  });
  const found = new Set<string>();
  for (let second = 0; second < 60; second += 1) {
    const nowMs = startMs + second * 1_000;
    const spans = Array.from({ length: 10 }, (_, index) => [
      spanOf('right', nowMs - index * 50, index, second >= 40 && index < 9),
      spanOf('ahead', nowMs + 300_000 - index * 50, index, false),
    ]);
    for (const { signal, state } of engine.observe(spans.flat(), nowMs).anomalies)
      if (state === 'firing') found.add(signal);
    engine.tick(nowMs + 500);
  }
  expect([...found]).toContain('errors');
});

it('old error records that a collector kept are no spike of today', () => {
  const engine = createDetectionEngine(detectionConfigSchema.parse({}));
  const record = (atMs: number) => ({
    kind: 'log' as const,
    scope: { environment: 'test', service: 'shop' },
    atMs,
    severityNumber: 17,
    body: 'disk is full',
    attributes: {},
  });
  const found: string[] = [];
  for (let second = 0; second < 90; second += 1) {
    const nowMs = startMs + second * 1_000;
    const kept = second === 63 ? Array.from({ length: 500 }, () => record(nowMs - 1_200_000)) : [];
    const usual = second % 5 === 0 ? [record(nowMs)] : [];
    const hello = { ...record(nowMs), severityNumber: 9, body: 'request served' };
    for (const { signal } of engine.observe([...usual, ...kept, hello], nowMs).anomalies) found.push(signal);
    for (const { signal } of engine.tick(nowMs + 900).anomalies) found.push(signal);
  }
  expect(found).toEqual([]);
});
