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

export interface Route {
  /** What the outside dependency takes to answer for this route, before any fault. */
  costMs: number;
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

/** A replica does about 28 a second of these. */
const heavy = (costMs = 95): Route => ({ costMs, calls: [] });
const light = (...calls: DownstreamCall[]): Route => ({ costMs: 8, calls });
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
      '/search': heavy(80),
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
      '/quotes': heavy(130),
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

/** Limits of one replica. Three slots of about 0.1 s give a capacity of about 28 heavy requests a second. */
export const replicaLimits = {
  slots: 3,
  /** Waiting requests beyond which a replica answers 503; keeps the wait below the caller's time-out. */
  queueLength: 16,
  poolSize: 6,
  poolAcquireTimeoutMs: 600,
  dependencyTimeoutMs: 800,
  memoryBytes: 256 * 1024 * 1024,
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
