// How much of their machines the services use: the latest samples of CPU, memory, disk and network, put together per
// service. Of several instances the one that is closest to its limit counts, because that is the one that fails first.

import { parseLabels } from '../detection/aggregate/labels.ts';
import { metricNamesOf, signalOf, stateOf, withoutState } from '../detection/signals.ts';

/** The latest value of one series. Shares are 0..1, memory and disk bytes, network bytes per second, CPU levels cores. */
export type ResourceSample = {
  readonly environment: string;
  readonly service: string;
  readonly instance: string;
  readonly metric: string;
  readonly attributes: string;
  readonly atMs: number;
  readonly value: number;
};

/** Any part may be unknown. `share` is `used` of `limit`, 0..1, of the instance that is closest to its limit. */
export type Usage = {
  readonly share: number | null;
  readonly used: number | null;
  readonly limit: number | null;
};

export type ServiceUsage = {
  readonly environment: string;
  readonly service: string;
  /** Instances that sent any of these samples. */
  readonly instances: number;
  /** `used` and `limit` in cores. */
  readonly cpu: Usage | null;
  /** `used` and `limit` in bytes. */
  readonly memory: Usage | null;
  /** `used` and `limit` in bytes. */
  readonly disk: Usage | null;
  /** All instances together, bytes per second. */
  readonly network: { readonly receivedPerSecond: number; readonly sentPerSecond: number } | null;
  /** When the newest of the samples was taken. */
  readonly seenAtMs: number;
};

type Direction = 'received' | 'sent';

/** OpenTelemetry's network counters, as history names their rates. Null: an attribute says the direction. */
const networkMetrics = new Map<string, Direction | null>([
  ['system.network.io.rate', null],
  ['container.network.io.rate', null],
  ['k8s.pod.network.io.rate', null],
  ['k8s.node.network.io.rate', null],
  ['container.network.io.usage.rx_bytes.rate', 'received'],
  ['container.network.io.usage.tx_bytes.rate', 'sent'],
]);
const directionKeys = ['network.io.direction', 'direction'];

const cpuStateKeys = ['cpu.mode', 'state', 'system.cpu.state', 'process.cpu.state'];
/** Time in which a processor does nothing for anybody. */
const idleStates = new Set(['idle', 'wait', 'iowait', 'steal']);
const logicalCpuKeys = ['cpu.logical_number', 'system.cpu.logical_number', 'cpu'];

/** Names of the series that `usageOf` reads. */
export const resourceMetricNames: readonly string[] = [
  ...metricNamesOf(['cpu', 'memory', 'disk']),
  ...networkMetrics.keys(),
];

/** One entry per service, by environment and name. */
export function usageOf(samples: readonly ResourceSample[]): readonly ServiceUsage[] {
  const byService = Map.groupBy(samples, ({ environment, service }) => `${environment}\0${service}`);
  return [...byService.values()].map(serviceUsage).toSorted(byPlace);
}

function byPlace(left: ServiceUsage, right: ServiceUsage): number {
  const [a, b] = [`${left.environment}\0${left.service}`, `${right.environment}\0${right.service}`];
  return a < b ? -1 : a > b ? 1 : 0;
}

function serviceUsage(samples: readonly ResourceSample[]): ServiceUsage {
  const [{ environment, service } = { environment: '', service: '' }] = samples;
  const instances = [...Map.groupBy(samples, ({ instance }) => instance).values()];
  return {
    environment,
    service,
    instances: instances.length,
    cpu: tightest(instances.map(cpuOf)),
    memory: tightest(instances.map((own) => capacityOf(own, 'memory'))),
    disk: tightest(instances.map((own) => capacityOf(own, 'disk'))),
    network: networkOf(samples),
    seenAtMs: Math.max(...samples.map(({ atMs }) => atMs)),
  };
}

/** The usage with the highest share; without any share the largest one. */
function tightest(usages: readonly (Usage | null)[]): Usage | null {
  const known = usages.filter((usage) => usage !== null);
  return known.reduce<Usage | null>(
    (most, usage) => (most === null || isTighter(usage, most) ? usage : most),
    null,
  );
}

/** By share, then by amount, so that the order in which samples came decides nothing. */
function isTighter(usage: Usage, than: Usage): boolean {
  const steps = [
    (usage.share ?? -1) - (than.share ?? -1),
    (usage.used ?? -1) - (than.used ?? -1),
    (usage.limit ?? -1) - (than.limit ?? -1),
  ];
  return (steps.find((step) => step !== 0) ?? 0) > 0;
}

/** The CPU of one instance: a share of what it may use where one is told, else cores. */
function cpuOf(samples: readonly ResourceSample[]): Usage | null {
  const shares: number[] = [];
  let cores: number | null = null;
  const byMetric = Map.groupBy(
    samples.filter(({ metric }) => signalOf(metric).signal === 'cpu'),
    ({ metric }) => metric,
  );
  for (const [metric, own] of byMetric) {
    const busy = busyOf(own);
    if (busy === null) continue;
    if (signalOf(metric).role === 'share') shares.push(busy.mean);
    else cores = Math.max(cores ?? 0, busy.sum);
  }
  if (shares.length === 0 && cores === null) return null;
  return { share: shares.length === 0 ? null : Math.max(...shares), used: cores, limit: null };
}

/** Over the states in which a processor works, and over the logical processors when they are told one by one. */
function busyOf(samples: readonly ResourceSample[]): { readonly mean: number; readonly sum: number } | null {
  const perProcessor = new Map<string, number>();
  for (const { attributes, value } of samples) {
    const labels = parseLabels(attributes);
    if (idleStates.has(firstOf(labels, cpuStateKeys) ?? '')) continue;
    const processor = firstOf(labels, logicalCpuKeys) ?? '';
    perProcessor.set(processor, (perProcessor.get(processor) ?? 0) + value);
  }
  if (perProcessor.size === 0) return null;
  const sum = [...perProcessor.values()].reduce((total, value) => total + value, 0);
  return { mean: sum / perProcessor.size, sum };
}

/** Memory or disk of one instance: of all that it reports (volumes, pools) the one that is closest to its limit. */
function capacityOf(samples: readonly ResourceSample[], signal: 'memory' | 'disk'): Usage | null {
  type Capacity = { used: number | null; limit: number | null; free: number | null; share: number | null };
  const capacities = new Map<string, Capacity>();
  for (const { metric, attributes, value } of samples) {
    const { signal: means, role } = signalOf(metric);
    if (means !== signal) continue;
    const labels = parseLabels(attributes);
    const state = stateOf(labels);
    if (state !== null && state !== 'used') continue;
    const family = metric.slice(0, metric.lastIndexOf('.'));
    const key = `${family}\0${JSON.stringify(withoutState(labels))}`;
    const capacity = capacities.get(key) ?? { used: null, limit: null, free: null, share: null };
    if (role === 'usage') capacity.used = Math.max(capacity.used ?? 0, value);
    if (role === 'limit' && value > 0) capacity.limit = Math.min(capacity.limit ?? value, value);
    if (role === 'free') capacity.free = Math.min(capacity.free ?? value, value);
    if (role === 'share') capacity.share = Math.max(capacity.share ?? 0, value);
    capacities.set(key, capacity);
  }
  return tightest(
    [...capacities.values()].map(({ used, limit: told, free, share }) => {
      const limit = told ?? (used !== null && free !== null ? used + free : null);
      if (used === null && share === null) return null;
      return { used, limit, share: share ?? (used !== null && limit !== null ? used / limit : null) };
    }),
  );
}

function networkOf(samples: readonly ResourceSample[]): ServiceUsage['network'] {
  const sums = { received: 0, sent: 0 };
  let found = false;
  for (const { metric, attributes, value } of samples) {
    const told = networkMetrics.get(metric);
    if (told === undefined) continue;
    const direction = told ?? directionOf(firstOf(parseLabels(attributes), directionKeys));
    if (direction === null) continue;
    sums[direction] += value;
    found = true;
  }
  return found ? { receivedPerSecond: sums.received, sentPerSecond: sums.sent } : null;
}

function directionOf(word: string | undefined): Direction | null {
  if (word === 'receive') return 'received';
  return word === 'transmit' ? 'sent' : null;
}

function firstOf(labels: Readonly<Record<string, string>>, keys: readonly string[]): string | undefined {
  return keys.map((key) => labels[key]).find((value) => value !== undefined);
}
