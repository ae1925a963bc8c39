// Telemetry and what is known of services, as far as a key reaches.

import { type Reach, reaches, reachesInto } from '../../domain/policy/reach.ts';
import type { Budgets } from '../ports/budgets.ts';
import type { Infrastructure } from '../ports/infrastructure.ts';
import type { KnownResources } from '../ports/resources.ts';
import type { ServiceReader } from '../ports/services.ts';
import type { SeriesReader, TelemetryHistory } from '../ports/telemetry.ts';
import { OutOfReach } from './out-of-reach.ts';

type Place = { readonly environment: string; readonly service: string };
const within =
  (reach: Reach) =>
  ({ environment, service }: Place): boolean =>
    reaches(reach, environment, service);

export function seriesWithin(reach: Reach, all: SeriesReader): SeriesReader {
  return {
    async series(query) {
      if (!within(reach)(query))
        throw new OutOfReach(reach, `the service ${query.service} of ${query.environment}`);
      return all.series(query);
    },
    latest: async (metrics, sinceMs) => (await all.latest(metrics, sinceMs)).filter(within(reach)),
  };
}

export function servicesWithin(reach: Reach, all: ServiceReader): ServiceReader {
  return {
    async list(environment, limit, cursor) {
      const page = await all.list(environment, limit, cursor, reach);
      return {
        ...page,
        items: page.items.map((one) => {
          const reached = (names: readonly string[]) =>
            names.filter((service) => reaches(reach, one.environment, service));
          return { ...one, calls: reached(one.calls), calledBy: reached(one.calledBy) };
        }),
      };
    },
  };
}

export function infrastructureWithin(reach: Reach, all: Infrastructure): Infrastructure {
  return {
    environments: all.environments.filter((name) => reachesInto(reach, name)),
    async observe(environment) {
      if (!reachesInto(reach, environment)) throw new OutOfReach(reach, `the environment ${environment}`);
      const seen = await all.observe(environment);
      return { ...seen, targets: seen.targets.filter(({ target }) => within(reach)(target)) };
    },
  };
}

export function resourcesWithin(reach: Reach, all: KnownResources): KnownResources {
  return {
    of: async (environment, services) => (await all.of(environment, services)).filter(within(reach)),
  };
}

export function budgetsWithin(reach: Reach, all: Budgets): Budgets {
  return {
    budgets: async (environment, service) =>
      reaches(reach, environment, service) ? all.budgets(environment, service) : [],
  };
}

/** An environment that is not reached has no history. */
export function historyWithin(reach: Reach, all: TelemetryHistory): TelemetryHistory {
  type Range = Parameters<TelemetryHistory['calls']>[0];
  const reached =
    <T extends { readonly service: string }>(
      read: (range: Range, services?: readonly string[]) => Promise<readonly T[]>,
    ) =>
    async (range: Range, services?: readonly string[]): Promise<readonly T[]> => {
      const { environment } = range;
      if (!reachesInto(reach, environment)) return [];
      const asked = services?.filter((service) => reaches(reach, environment, service));
      if (asked?.length === 0) return [];
      const rows = await read(range, asked);
      return rows.filter(({ service }) => reaches(reach, environment, service));
    };
  return {
    calls: reached(all.calls),
    metrics: reached(all.metrics),
    logs: reached(all.logs),
    environments: async (sinceMs) =>
      (await all.environments(sinceMs)).filter((name) => reachesInto(reach, name)),
  };
}
