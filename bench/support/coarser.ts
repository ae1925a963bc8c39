// The same story told in a longer interval: what a sender that reports every so many seconds would have left of a simulated
// world, in which everything lasts long enough to be seen at all.

import type { CallBucket, MetricBucket } from '../../domain/telemetry.ts';
import { weightedQuantile } from './quantile.ts';
import type { Case } from './simulated-cases.ts';
import { type Fault, type Simulated, startMs } from './simulated-system.ts';

/** `metrics`: spans still tell of every second, as SDKs send them; `all`: calls are counted by their service, too. */
export type Coarsened = 'metrics' | 'all';

const secondMs = 1_000;
/** As many calls in an interval as say enough; more only take time. */
const enoughSeconds = 15;

/**
 * A world in which the fault lasts for some intervals after a past of some, and what climbs climbs as high by the end. `early`: it
 * has lasted only as long as where every second is told of, and few metrics have been heard since.
 */
export function stretched({ world, ...rest }: Case, seconds: number, what: Coarsened, early = false): Case {
  if (seconds === 1) return { world, ...rest };
  const after = world.afterSeconds ?? 10;
  const afterSeconds = early ? after : Math.ceil(after + 3.3 * seconds);
  const slower = after / afterSeconds;
  const fewer = what === 'all' ? Math.min(1, enoughSeconds / seconds) : 1;
  const fault = (one: Fault): Fault => ({
    ...one,
    ...('sharePerSecond' in one ? { sharePerSecond: one.sharePerSecond * slower } : {}),
    ...(one.untilSecond === undefined
      ? {}
      : { untilSecond: Math.max(one.untilSecond, early ? 0 : seconds / 3) }),
  });
  return {
    ...rest,
    world: {
      ...world,
      services: world.services.map((service) =>
        service.capacity === undefined ? service : { ...service, capacity: service.capacity * fewer },
      ),
      requestsPerSecond: world.requestsPerSecond * fewer,
      faults: world.faults.map(fault),
      // Nothing begins where an interval does.
      warmUpSeconds: Math.max(70, Math.ceil(8.4 * seconds)),
      afterSeconds,
    },
  };
}

/** What is known of the world at the same moment where its senders report every `seconds`, each at its own. */
export function coarser(input: Simulated, seconds: number, what: Coarsened): Simulated {
  if (seconds === 1) return input;
  const stepMs = seconds * secondMs;
  const end = (atMs: number, sender: string): number => {
    const phaseMs = startMs + (phaseOf(sender) % seconds) * secondMs;
    return phaseMs + Math.floor((atMs - phaseMs) / stepMs + 1) * stepMs;
  };
  const onset = (atMs: number, sender: string) =>
    what === 'all' ? Math.floor(end(atMs, sender) / stepMs) * stepMs : atMs;
  const anomalies = input.anomalies.map((anomaly) => {
    const { service } = anomaly.scope;
    const ofCalls = ['errors', 'latency', 'traffic', 'absence', 'logs'].includes(anomaly.signal);
    const onsetMs = ofCalls ? onset(anomaly.onsetMs, service) : end(anomaly.onsetMs, service);
    return { ...anomaly, onsetMs, detectedMs: onsetMs + 2 * stepMs };
  });
  return {
    ...input,
    onsetMs: Math.min(
      ...(anomalies.length > 0 ? anomalies : [{ onsetMs: onset(input.onsetMs, '') }]).map(
        ({ onsetMs }) => onsetMs,
      ),
    ),
    anomalies,
    metrics: sampled(input.metrics, end).filter(({ atMs }) => atMs <= input.nowMs),
    calls: what === 'all' ? counted(input.calls, end, stepMs, input.nowMs) : input.calls,
  };
}

function phaseOf(sender: string): number {
  return [...sender].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 3_571, 7);
}

type End = (atMs: number, sender: string) => number;

/** A gauge is what it is at the moment of sending; CPU is a share of the time since the last one. */
function sampled(metrics: readonly MetricBucket[], end: End): MetricBucket[] {
  const kept = new Map<string, MetricBucket & { readonly sum: number; readonly seconds: number }>();
  for (const row of metrics) {
    const atMs = end(row.atMs, row.instance === '' ? row.service : row.instance);
    const key = `${atMs}|${row.service}|${row.instance}|${row.metric}|${row.attributes}`;
    const { sum = 0, seconds = 0 } = kept.get(key) ?? {};
    kept.set(key, { ...row, atMs, sum: sum + row.value, seconds: seconds + 1 });
  }
  return [...kept.values()]
    .map(({ sum, seconds, ...row }) =>
      row.metric === 'process.cpu.utilization' ? { ...row, value: sum / seconds } : row,
    )
    .sort((a, b) => a.atMs - b.atMs);
}

function counted(calls: readonly CallBucket[], end: End, intervalMs: number, nowMs: number): CallBucket[] {
  const groups = new Map<string, CallBucket[]>();
  for (const row of calls) {
    const atMs = end(row.atMs, row.instance);
    if (atMs > nowMs || atMs - intervalMs < startMs) continue;
    const key = `${atMs}|${row.service}|${row.instance}|${row.side}|${row.peer}`;
    const group = groups.get(key) ?? [];
    group.push({ ...row, atMs });
    groups.set(key, group);
  }
  return [...groups.values()].map((rows) => together(rows, intervalMs)).sort((a, b) => a.atMs - b.atMs);
}

function together(rows: readonly CallBucket[], intervalMs: number): CallBucket {
  const sum = (figure: (row: CallBucket) => number) => rows.reduce((all, row) => all + figure(row), 0);
  const quantile = (figure: (row: CallBucket) => number, share: number) =>
    weightedQuantile(
      rows.map((row) => ({ value: figure(row), weight: row.count })),
      share,
    );
  return {
    ...(rows[0] as CallBucket),
    count: sum(({ count }) => count),
    errors: sum(({ errors }) => errors),
    ownErrors: sum(({ ownErrors }) => ownErrors),
    latencyP50Ms: quantile(({ latencyP50Ms }) => latencyP50Ms, 0.5),
    latencyP95Ms: quantile(({ latencyP95Ms }) => latencyP95Ms, 0.8),
    selfTimeP50Ms: quantile(({ selfTimeP50Ms }) => selfTimeP50Ms, 0.5),
    intervalMs,
  };
}
