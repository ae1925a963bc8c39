// A CloudWatch as a watched system: its alarms, and the metrics that configuration names. What cannot be read is told, and leaves the
// other as it is.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { matchesGlob } from '../../../domain/glob.ts';
import type { AlertEvent, GaugePoint } from '../../../domain/observation.ts';
import type { Readings } from '../../../ingest/watched.ts';
import type { Monitored } from '../../monitor-vendor.ts';
import { AwsError } from '../answers.ts';
import { alertOf } from './alarms.ts';
import type { CloudWatchApi, Courses } from './api.ts';
import type { CloudWatchSettings, MetricSetting } from './settings.ts';
import { createTaken, storedTaken, type Taken } from './taken.ts';

/** Of a metric that was never read, and of one that was not read for long. */
const firstMs = 15 * 60_000;
const mostBehindMs = 3 * 3_600_000;
const longestWaitMs = 3_600_000;
const firstBackOffMs = 15_000;
const longestBackOffMs = 300_000;

const stored = z.object({
  metrics: z.record(z.string(), storedTaken).default({}),
  firing: z.array(z.string()).max(10_000).default([]),
});

type State = {
  readonly takens: Map<MetricSetting, Taken>;
  /** By ARN. */
  firing: ReadonlyMap<string, AlertEvent>;
  /** ARNs of those that fired when it was last known. */
  fired: ReadonlySet<string>;
  nextMs: number;
  pending: Courses | null;
};

export function createCloudWatchReadings(
  settings: CloudWatchSettings & Monitored,
  api: Pick<CloudWatchApi, 'alarms' | 'metrics' | 'aheadMs' | 'close'>,
  nowMs: () => number,
): Readings {
  const { alarms, metrics, environments, everySeconds, settleSeconds, name } = settings;
  const [defaultEnvironment = ''] = environments;
  const source = `cloudwatch/${name}`;
  const states = new Map(environments.map((one) => [one, stateOf(one)]));
  let alarmProblem: string | null = null;
  let metricProblem: string | null = null;
  let backOffMs = firstBackOffMs;

  function ofEnvironment(environment: string): readonly MetricSetting[] {
    return metrics.filter((one) => (one.environment ?? defaultEnvironment) === environment);
  }
  function stateOf(environment: string, known?: z.output<typeof stored>): State {
    const takens = new Map(
      ofEnvironment(environment).map((one) => [
        one,
        createTaken(one.periodSeconds, known?.metrics[keyOf(one)] ?? null),
      ]),
    );
    return { takens, firing: new Map(), fired: new Set(known?.firing), nextMs: 0, pending: null };
  }

  async function readAlarms(environment: string, state: State, signal: AbortSignal): Promise<void> {
    if (alarms === false) return;
    const prefixes = alarms.prefixes.length === 0 ? [null] : alarms.prefixes;
    const firing = new Map<string, AlertEvent>();
    // Without data an alarm has neither begun nor ended.
    for (const kind of ['ALARM', 'INSUFFICIENT_DATA'] as const)
      for (const prefix of prefixes)
        for (const alarm of await api.alarms(kind, prefix, signal)) {
          if (alarms.except.some((pattern) => matchesGlob(pattern, alarm.name))) continue;
          if (kind === 'INSUFFICIENT_DATA' && !state.fired.has(alarm.arn)) continue;
          const alert = alertOf(alarm, alarms.dimensions, defaultEnvironment, source, nowMs());
          if (alert.scope.environment === environment) firing.set(alarm.arn, alert);
        }
    state.firing = firing;
    state.fired = new Set(firing.keys());
  }

  async function readMetrics(state: State, signal: AbortSignal): Promise<readonly GaugePoint[]> {
    const all = [...state.takens];
    if (all.length === 0) return [];
    const thereMs = nowMs() + api.aheadMs();
    const toMs = thereMs - settleSeconds * 1_000;
    const from = all.map(([, taken]) => taken.fromMs() ?? toMs - firstMs);
    const earliestMs = toMs - mostBehindMs;
    const periodMs = Math.max(...all.map(([metric]) => metric.periodSeconds * 1_000));
    const fromMs = Math.max(earliestMs, Math.min(...from));
    const found = await api.metrics(
      all.map(([metric]) => metric),
      { fromMs: floorTo(periodMs, fromMs), toMs: floorTo(60_000, toMs) },
      signal,
    );
    const isLate = Math.min(...from) < earliestMs;
    metricProblem = isLate ? 'values older than three hours were left out' : found.problem;
    const points = new Map(
      all.map(([metric]) => [metric, wholePeriods(metric, found.points.get(metric) ?? [], toMs)]),
    );
    state.pending = { ...found, points };
    return all.flatMap(([metric, taken]) =>
      taken.fresh(points.get(metric) ?? []).map(({ atMs, value }) => ({
        ...{ kind: 'gauge', metric: metric.name, unit: metric.unit, value, attributes: {} },
        // As a value of the whole period, which ends there.
        atMs: atMs + metric.periodSeconds * 1_000 - api.aheadMs(),
        scope: { environment: metric.environment ?? defaultEnvironment, service: metric.service },
      })),
    );
  }

  async function look(environment: string, state: State, signal: AbortSignal) {
    const [alarmsRead, metricsRead] = await Promise.allSettled([
      readAlarms(environment, state, signal),
      readMetrics(state, signal),
    ]);
    alarmProblem = alarmsRead.status === 'rejected' ? wordsOf(alarmsRead.reason) : null;
    if (metricsRead.status === 'rejected') metricProblem = wordsOf(metricsRead.reason);
    const errors = [alarmsRead, metricsRead].flatMap((one) =>
      one.status === 'rejected' ? [one.reason as unknown] : [],
    );
    const isThrottled = errors.some((error) => error instanceof AwsError && error.code === 'throttled');
    if (isThrottled) {
      state.nextMs = nowMs() + backOffMs;
      backOffMs = Math.min(longestBackOffMs, backOffMs * 2);
    } else backOffMs = firstBackOffMs;
    // Where only one was asked for, that one is all there is to say.
    const asked = (alarms === false ? 0 : 1) + (state.takens.size === 0 ? 0 : 1);
    if (errors.length > 0 && errors.length >= asked) throw errors[0];
    return metricsRead.status === 'fulfilled' ? metricsRead.value : [];
  }

  return {
    alertsFrom: () => (alarms === false || alarmProblem !== null ? [] : [source]),
    async read(environment, signal) {
      const state = states.get(environment);
      if (state === undefined) return [];
      const waitMs = state.nextMs - nowMs();
      const points = waitMs <= 0 || waitMs > longestWaitMs ? await look(environment, state, signal) : [];
      return [...points, ...state.firing.values()];
    },
    told(environment) {
      const state = states.get(environment);
      if (state === undefined) return null;
      if (state.pending !== null) {
        for (const [metric, points] of state.pending.points) state.takens.get(metric)?.told(points);
        state.pending = null;
      }
      if (state.nextMs <= nowMs() || state.nextMs - nowMs() > longestWaitMs)
        state.nextMs = nowMs() + everySeconds * 1_000;
      const taken = [...state.takens].flatMap(([metric, one]) => {
        const its = one.stored();
        return its === null ? [] : [[keyOf(metric), its] as const];
      });
      return JSON.stringify({ metrics: Object.fromEntries(taken), firing: [...state.fired] });
    },
    resume(environment, position) {
      const known = stored.safeParse(parsed(position));
      if (known.success && states.has(environment)) states.set(environment, stateOf(environment, known.data));
    },
    problem() {
      if (alarmProblem !== null) return `alarms: ${alarmProblem}`;
      return metricProblem === null ? null : `metrics: ${metricProblem}`;
    },
    async close() {
      api.close();
    },
  };
}

/** Those that are over: of the others AWS has only a part. */
function wholePeriods(
  { periodSeconds }: MetricSetting,
  points: Courses['points'] extends ReadonlyMap<MetricSetting, infer P> ? P : never,
  toMs: number,
) {
  return points.filter(({ atMs }) => atMs + periodSeconds * 1_000 <= toMs);
}

/** AWS cuts periods by the clock, and answers faster where it is asked by them. */
function floorTo(periodMs: number, atMs: number): number {
  return Math.floor(atMs / periodMs) * periodMs;
}

function keyOf({
  service: _service,
  name: _name,
  unit: _unit,
  environment: _environment,
  ...metric
}: MetricSetting) {
  return createHash('sha256').update(JSON.stringify(metric)).digest('base64url').slice(0, 16);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
