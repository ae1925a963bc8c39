/**
 * The shop: which services there are, whom each calls, what each call costs and how much a replica can take.
 * Everything that has to agree about the lab's shape reads it from here.
 */

export const serviceNames = ['gateway', 'checkout', 'payments', 'inventory', 'worker'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** A call to another service of the shop. */
export interface DownstreamCall {
  service: ServiceName;
  path: string;
}

/** `heavyMs` or `lightMs` is what the outside dependency takes for this route. */
export interface Route {
  cost: 'light' | 'heavy';
  calls: DownstreamCall[];
}

export interface ServiceSpec {
  replicas: number;
  /** The outside system behind this service's connection pool; it has no telemetry and is not a service of the shop. */
  dependency: string;
  routes: Record<string, Route>;
  /** Longest wait for another service of the shop; each caller waits longer than its callee, so errors name the culprit. */
  downstreamTimeoutMs: number;
  /** The route only this service is the bottleneck of: extra traffic for a surge goes there. */
  surgePath?: string;
}

const heavy = (...calls: DownstreamCall[]): Route => ({ cost: 'heavy', calls });
const light = (...calls: DownstreamCall[]): Route => ({ cost: 'light', calls });
const to = (service: ServiceName, path: string): DownstreamCall => ({ service, path });

export const topology: Record<ServiceName, ServiceSpec> = {
  gateway: {
    replicas: 1,
    dependency: 'identity',
    downstreamTimeoutMs: 2_400,
    surgePath: '/search',
    routes: {
      '/checkout': light(to('checkout', '/orders')),
      '/refunds': light(to('checkout', '/refunds')),
      '/stock': light(to('checkout', '/stock')),
      '/quotes': light(to('checkout', '/quotes')),
      '/search': heavy(),
    },
  },
  checkout: {
    replicas: 2,
    dependency: 'tax',
    downstreamTimeoutMs: 1_000,
    surgePath: '/quotes',
    routes: {
      '/orders': light(to('inventory', '/reservations'), to('payments', '/charges')),
      '/refunds': light(to('payments', '/refunds')),
      '/stock': light(to('inventory', '/stock')),
      '/quotes': heavy(),
    },
  },
  payments: {
    replicas: 2,
    dependency: 'bank',
    downstreamTimeoutMs: 1_000,
    surgePath: '/refunds',
    routes: { '/charges': heavy(), '/refunds': heavy() },
  },
  inventory: {
    replicas: 2,
    dependency: 'store',
    downstreamTimeoutMs: 1_000,
    surgePath: '/stock',
    routes: { '/reservations': heavy(), '/stock': heavy(), '/restock': heavy() },
  },
  worker: {
    replicas: 1,
    dependency: 'suppliers',
    downstreamTimeoutMs: 1_000,
    routes: { '/restock': light(to('inventory', '/restock')) },
  },
};

/** What the outside system takes to answer, before any fault. */
export const dependencyDelayMs: Record<Route['cost'], number> = { light: 8, heavy: 95 };

/** Limits of one replica. Three slots of about 0.1 s give a capacity of about 28 heavy requests a second. */
export const replicaLimits = {
  slots: 3,
  /** Waiting requests beyond which a replica answers 503; keeps the wait below the caller's time-out. */
  queueLength: 16,
  poolSize: 6,
  poolAcquireTimeoutMs: 600,
  dependencyTimeoutMs: 800,
  memoryBytes: 208 * 1024 * 1024,
  sandboxBytes: 64 * 1024 * 1024,
} as const;

/** The worker's background job runs this often. */
export const workerIntervalMs = 500;

/** Where the load generator's steady traffic goes. */
export const steadyPath = '/checkout';

/** The surge route as seen from outside: the gateway forwards it to the service that is the bottleneck. */
export function surgePathAtGateway(service: ServiceName): string | undefined {
  return topology[service].surgePath;
}
