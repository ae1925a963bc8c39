// The systems and faults diagnosis is judged on: shapes, replica counts and rates that differ, with the truth beside.

import type { Cause } from '../../domain/diagnosis/causes.ts';
import type { ActionId } from '../../domain/remediation/actions/index.ts';
import type { Fault, SimulatedService, World } from './simulated-system.ts';

export type Case = {
  readonly name: string;
  readonly world: World;
  readonly truth: { readonly service: string; readonly cause: Cause; readonly fixedBy: readonly ActionId[] };
};

type Shape = {
  readonly name: string;
  readonly services: readonly SimulatedService[];
  readonly entry: string;
  readonly rate: number;
};

const service = (
  name: string,
  replicas: number,
  selfMs: number,
  calls: readonly string[],
  outside?: string,
): SimulatedService => ({ name, replicas, selfMs, calls, outside });

export const shapes: readonly Shape[] = [
  {
    name: 'chain',
    entry: 'web',
    rate: 20,
    services: [
      service('web', 1, 8, ['orders']),
      service('orders', 2, 25, ['ledger']),
      service('ledger', 2, 40, [], 'archive.example'),
    ],
  },
  {
    name: 'fan-out',
    entry: 'edge',
    rate: 60,
    services: [
      service('edge', 2, 5, ['search', 'cart', 'profile']),
      service('search', 3, 60, [], 'index.example'),
      service('cart', 2, 15, [], 'kv.example'),
      service('profile', 1, 10, []),
    ],
  },
  {
    name: 'diamond',
    entry: 'front',
    rate: 8,
    services: [
      service('front', 1, 10, ['left', 'right']),
      service('left', 2, 20, ['store']),
      service('right', 3, 30, ['store']),
      service('store', 2, 15, [], 'disk.example'),
    ],
  },
  {
    name: 'deep',
    entry: 'a',
    rate: 60,
    services: [
      service('a', 3, 4, ['b']),
      service('b', 3, 10, ['c', 'd']),
      service('c', 2, 12, ['e']),
      service('d', 2, 9, []),
      service('e', 3, 30, [], 'vendor.example'),
    ],
  },
];

type Kind = {
  readonly cause: Cause;
  readonly fixedBy: readonly ActionId[];
  readonly after?: number;
  readonly faults: (service: SimulatedService, shape: Shape) => readonly Fault[];
  readonly changes?: (service: SimulatedService, shape: Shape) => World['changes'];
  readonly only?: (service: SimulatedService, shape: Shape) => boolean;
  readonly capacity?: boolean;
};

const other = (shape: Shape, name: string): string =>
  shape.services.find((one) => one.name !== name)?.name ?? name;

export const kinds: Readonly<Record<string, Kind>> = {
  crash: { cause: 'crash', fixedBy: ['restart'], faults: ({ name }) => [{ kind: 'crash', service: name }] },
  'crash of one': {
    cause: 'crash',
    fixedBy: ['restart'],
    only: ({ replicas }) => replicas > 1,
    faults: ({ name }) => [{ kind: 'crash', service: name, replicas: 1 }],
  },
  'crash loop after a release': {
    cause: 'crash-loop',
    fixedBy: ['rollback-release'],
    faults: ({ name }) => [{ kind: 'crash-loop', service: name }],
    changes: ({ name }) => [{ type: 'release', service: name, atSecond: -2 }],
  },
  'crash loop after a configuration': {
    cause: 'crash-loop',
    fixedBy: ['rollback-config'],
    faults: ({ name }) => [{ kind: 'crash-loop', service: name, periodSeconds: 4 }],
    changes: ({ name }) => [
      { type: 'release', service: name, atSecond: -40 },
      { type: 'config', service: name, atSecond: -1 },
    ],
  },
  'crash loop alone': {
    cause: 'crash-loop',
    fixedBy: ['restart'],
    faults: ({ name }) => [{ kind: 'crash-loop', service: name }],
  },
  hang: { cause: 'hang', fixedBy: ['restart'], faults: ({ name }) => [{ kind: 'hang', service: name }] },
  'hang of one': {
    cause: 'hang',
    fixedBy: ['restart'],
    only: ({ replicas }) => replicas > 1,
    faults: ({ name }) => [{ kind: 'hang', service: name, replicas: 1 }],
  },
  'memory leak, early': {
    cause: 'memory-leak',
    fixedBy: ['restart'],
    after: 22,
    faults: ({ name }) => [{ kind: 'memory-leak', service: name, sharePerSecond: 0.01 }],
  },
  'memory leak, at the limit': {
    cause: 'memory-leak',
    fixedBy: ['restart'],
    after: 16,
    faults: ({ name }) => [{ kind: 'memory-leak', service: name, sharePerSecond: 0.04 }],
  },
  'cpu burn': {
    cause: 'cpu-burn',
    fixedBy: ['restart'],
    faults: ({ name }) => [{ kind: 'cpu-burn', service: name }],
  },
  'cpu burn of one': {
    cause: 'cpu-burn',
    fixedBy: ['restart'],
    only: ({ replicas }) => replicas > 1,
    faults: ({ name }) => [{ kind: 'cpu-burn', service: name, replicas: 1 }],
  },
  'slow dependency': {
    cause: 'slow-dependency',
    fixedBy: [],
    only: ({ outside }) => outside !== undefined,
    faults: ({ name }) => [{ kind: 'slow-dependency', service: name, addMs: 400 }],
  },
  'failing dependency': {
    cause: 'slow-dependency',
    fixedBy: [],
    only: ({ outside }) => outside !== undefined,
    faults: ({ name }) => [{ kind: 'slow-dependency', service: name, addMs: 2000 }],
  },
  'error burst': {
    cause: 'error-burst',
    fixedBy: ['restart'],
    faults: ({ name }) => [{ kind: 'errors', service: name, rate: 0.35 }],
  },
  'errors of one': {
    cause: 'error-burst',
    fixedBy: ['restart'],
    only: ({ replicas }) => replicas > 1,
    faults: ({ name }) => [{ kind: 'errors', service: name, rate: 0.8, replicas: 1 }],
  },
  'bad release, errors': {
    cause: 'bad-release',
    fixedBy: ['rollback-release'],
    faults: ({ name }) => [{ kind: 'errors', service: name, rate: 0.3 }],
    changes: ({ name }) => [{ type: 'release', service: name, atSecond: -3 }],
  },
  'bad release, slow, red herring elsewhere': {
    cause: 'bad-release',
    fixedBy: ['rollback-release'],
    faults: ({ name }) => [{ kind: 'slow', service: name, factor: 6 }],
    changes: ({ name }, shape) => [
      { type: 'release', service: name, atSecond: -5 },
      { type: 'config', service: other(shape, name), atSecond: -1 },
    ],
  },
  'bad configuration after an older release': {
    cause: 'bad-config',
    fixedBy: ['rollback-config'],
    faults: ({ name }) => [{ kind: 'errors', service: name, rate: 0.5 }],
    changes: ({ name }) => [
      { type: 'release', service: name, atSecond: -45 },
      { type: 'config', service: name, atSecond: -2 },
    ],
  },
  'bad release that burns': {
    cause: 'bad-release',
    fixedBy: ['rollback-release'],
    faults: ({ name }) => [{ kind: 'cpu-burn', service: name }],
    changes: ({ name }) => [{ type: 'release', service: name, atSecond: -4 }],
  },
  'disk fills': {
    cause: 'disk-fill',
    fixedBy: ['clear-sandbox'],
    faults: ({ name }) => [{ kind: 'disk-fill', service: name, sharePerSecond: 0.04 }],
  },
  'disk full': {
    cause: 'disk-fill',
    fixedBy: ['clear-sandbox'],
    faults: ({ name }) => [{ kind: 'disk-fill', service: name, sharePerSecond: 0.2 }],
  },
  'traffic surge': {
    cause: 'traffic-surge',
    fixedBy: ['scale'],
    capacity: true,
    faults: ({ name }) => [{ kind: 'surge', service: name, factor: 2.5 }],
  },
  'pool exhausted': {
    cause: 'pool-exhaustion',
    fixedBy: ['restart'],
    faults: ({ name }) => [{ kind: 'pool-exhaustion', service: name }],
  },
  'telemetry gap': {
    cause: 'telemetry-gap',
    fixedBy: [],
    faults: ({ name }) => [{ kind: 'telemetry-gap', service: name }],
  },
  'telemetry gap of one': {
    cause: 'telemetry-gap',
    fixedBy: [],
    only: ({ replicas, name }, { entry }) => replicas > 1 && name !== entry,
    faults: ({ name }) => [{ kind: 'telemetry-gap', service: name, replicas: 1 }],
  },
  'log noise': {
    cause: 'log-noise',
    fixedBy: [],
    faults: ({ name }) => [{ kind: 'log-noise', service: name }],
  },
  'transient errors': {
    cause: 'transient-spike',
    fixedBy: [],
    after: 12,
    faults: ({ name }) => [{ kind: 'errors', service: name, rate: 0.6, untilSecond: 5 }],
  },
  'transient slowness with a change elsewhere': {
    cause: 'transient-spike',
    fixedBy: [],
    after: 14,
    faults: ({ name }) => [{ kind: 'slow', service: name, factor: 20, untilSecond: 5 }],
    changes: ({ name }, shape) => [{ type: 'release', service: other(shape, name), atSecond: -10 }],
  },
};

/** Every kind of fault at every service of every shape that it applies to. */
export function casesFor(seed: number): readonly Case[] {
  return shapes.flatMap((shape) =>
    Object.entries(kinds).flatMap(([kindName, kind]) =>
      shape.services
        .filter((victim) => kind.only?.(victim, shape) ?? true)
        .map((victim, index) => ({
          name: `${kindName} at ${victim.name} (${shape.name})`,
          world: {
            services: shape.services.map((one) =>
              kind.capacity && one.name === victim.name
                ? { ...one, capacity: (shape.rate * fanIn(shape, one.name) * 1.6) / one.replicas }
                : one,
            ),
            entry: shape.entry,
            requestsPerSecond: shape.rate,
            faults: kind.faults(victim, shape),
            changes: kind.changes?.(victim, shape) ?? [],
            afterSeconds: kind.after ?? 10,
            seed: seed * 1000 + index,
          },
          truth: { service: victim.name, cause: kind.cause, fixedBy: kind.fixedBy },
        })),
    ),
  );
}

/** How many times one request at the entry reaches the service. */
function fanIn(shape: Shape, name: string): number {
  const visits = (from: string): number =>
    (from === name ? 1 : 0) +
    (shape.services.find((one) => one.name === from)?.calls ?? []).reduce(
      (sum, callee) => sum + visits(callee),
      0,
    );
  return visits(shape.entry);
}
