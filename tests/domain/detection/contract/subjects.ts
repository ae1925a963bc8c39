// Every detector with a series that it finds something in: what the contract (contract.test.ts) is tried on. A new detector adds its own.

import type { DetectorId } from '../../../../domain/detection/anomaly.ts';
import type { SpanSummary, TelemetryObservation } from '../../../../domain/observation.ts';

export const startMs = Date.UTC(2026, 0, 5);
const scope = { environment: 'prod', service: 'shop', resourceId: 'shop-1' };

export type Subject = {
  readonly detector: DetectorId;
  /** Of the detection configuration. */
  readonly settings: object;
  /** At intervals up to this one a restart changes nothing: beyond it, ten minutes of history are too little. */
  readonly remembersUpTo: number;
  /** At which intervals (ms) it works. */
  readonly intervals: readonly number[];
  /** How many steps are well, and how many are then faulty, and how many well again. */
  readonly well: number;
  readonly faulty: number;
  readonly after: number;
  /** What is seen in one step; `hurts`: while the fault is there. */
  readonly seen: (atMs: number, step: number, hurts: boolean) => readonly TelemetryObservation[];
};

const hourMs = 3_600_000;
const anyInterval = [1_000, 15_000, 60_000, hourMs];

/** Small, the same for a step: no chance. */
const wobble = (step: number): number => ((step * 7919) % 11) / 11;

const gauge = (metric: string, atMs: number, value: number): TelemetryObservation => ({
  ...({ kind: 'gauge', scope, metric, unit: '1', attributes: {} } as const),
  ...{ atMs, value },
});

function calls(atMs: number, count: number, durationMs: number, failing: number): SpanSummary[] {
  return Array.from({ length: count }, (_, index) => ({
    ...({ kind: 'span', scope, name: 'GET /', spanKind: 'server' } as const),
    ...{ traceId: `t${atMs}-${index}`, spanId: `s${atMs}-${index}` },
    ...{ startMs: atMs + 500 - durationMs, durationMs, error: index < failing },
  }));
}

const record = (atMs: number, body: string, severityNumber: number): TelemetryObservation => ({
  ...({ kind: 'log', scope, attributes: {} } as const),
  ...{ atMs, body, severityNumber },
});

const everySecond = { settings: {}, intervals: [1_000], remembersUpTo: 1_000 };

export const subjects: readonly Subject[] = [
  {
    ...{ detector: 'error-ratio', ...everySecond, well: 80, faulty: 30, after: 40 },
    seen: (atMs, _step, hurts) => calls(atMs, 10, 20, hurts ? 4 : 0),
  },
  {
    ...{ detector: 'latency', ...everySecond, well: 80, faulty: 30, after: 40 },
    seen: (atMs, step, hurts) => calls(atMs, 10, (hurts ? 300 : 20) + wobble(step), 0),
  },
  {
    ...{
      detector: 'robust-z',
      settings: {},
      intervals: anyInterval,
      remembersUpTo: 1_000,
      well: 60,
      faulty: 12,
      after: 12,
    },
    seen: (atMs, step, hurts) => [gauge('app.threads', atMs, (hurts ? 200 : 60) + wobble(step))],
  },
  {
    ...{
      detector: 'threshold',
      intervals: anyInterval,
      remembersUpTo: 1_000,
      well: 20,
      faulty: 12,
      after: 12,
    },
    settings: { rules: [{ metric: 'orders', above: 100 }] },
    seen: (atMs, step, hurts) => [gauge('orders', atMs, (hurts ? 150 : 60) + wobble(step))],
  },
  {
    ...{
      detector: 'unusual',
      intervals: anyInterval,
      remembersUpTo: hourMs,
      well: 120,
      faulty: 12,
      after: 12,
    },
    settings: { rules: [{ metric: 'orders' }] },
    seen: (atMs, step, hurts) => [gauge('orders', atMs, (hurts ? 200 : 60) + wobble(step))],
  },
  {
    ...{
      detector: 'trend',
      settings: {},
      intervals: [1_000],
      remembersUpTo: 1_000,
      well: 150,
      faulty: 60,
      after: 40,
    },
    seen: (atMs, step, hurts) => {
      const share = hurts ? 0.3 + (step - 150) * 0.006 : 0.3;
      return [gauge('system.memory.utilization', atMs, share)];
    },
  },
  {
    ...{ detector: 'fast-burn', intervals: [60_000], remembersUpTo: hourMs, well: 70, faulty: 12, after: 32 },
    settings: { slos: [{ service: 'shop' }] },
    seen: (atMs, _step, hurts) => calls(atMs, 20, 20, hurts ? 5 : 0),
  },
  {
    ...{
      detector: 'slow-burn',
      intervals: [300_000],
      remembersUpTo: hourMs,
      well: 200,
      faulty: 160,
      after: 80,
    },
    settings: { slos: [{ service: 'shop', objective: 0.95 }], errorBudget: { fast: [] } },
    seen: (atMs, _step, hurts) => calls(atMs, 10, 20, hurts ? 3 : 0),
  },
  {
    // A process that was away cannot tell its own silence from theirs.
    ...{ detector: 'absence', ...everySecond, remembersUpTo: 0, well: 60, faulty: 20, after: 20 },
    seen: (atMs, step, hurts) => (hurts ? [] : [gauge('app.threads', atMs, 60 + wobble(step))]),
  },
  {
    ...{ detector: 'log-template', ...everySecond, well: 60, faulty: 20, after: 60 },
    seen: (atMs, step, hurts) => [
      record(atMs, `served request ${step}`, 9),
      ...(hurts ? [1, 2, 3].map((at) => record(atMs + at, `connection to db-${at} refused`, 17)) : []),
    ],
  },
];
