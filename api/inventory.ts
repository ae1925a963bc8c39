// The inventory as people look at it: every target with what is known of it, and every service that has none, with the reason.

import { type Availability, availabilityOf, servingReplicas } from '../domain/inventory/availability.ts';
import { resourceWords } from '../domain/inventory/kinds/index.ts';
import { resolve } from '../domain/inventory/resolve.ts';
import { type Owner, targetKey } from '../domain/inventory/target.ts';
import type { TargetState } from '../domain/remediation/target.ts';
import type { ApiDeps } from './deps.ts';

export type InventoryRow = {
  readonly environment: string;
  readonly service: string;
  /** What leases and limits go by. */
  readonly key: string;
  readonly words: string;
  readonly executor: string;
  readonly availability: Availability;
  readonly servingReplicas: number;
  readonly desiredReplicas: number;
  readonly rollout: string | null;
  /** The controller that would take back what it did not do itself. */
  readonly owner: Owner | null;
  readonly team: string | null;
  readonly tier: string | null;
  /** Why nothing may act on it. */
  readonly protected: string | null;
  /** Why Sentinel would not act on it for its service: null when it would. */
  readonly unresolved: string | null;
};

export type InventoryView = {
  readonly targets: readonly InventoryRow[];
  /** Services that send telemetry or had an incident, and have no target. */
  readonly without: readonly {
    readonly environment: string;
    readonly service: string;
    readonly reason: string;
  }[];
  readonly missing: readonly {
    readonly environment: string;
    readonly executor: string;
    readonly reason: string;
  }[];
};

/** More services than this in one environment are looked at one page at a time, elsewhere. */
const mostServices = 500;

export async function readInventory(
  deps: Pick<ApiDeps, 'infrastructure' | 'services' | 'resources'>,
  only: string | undefined,
): Promise<InventoryView> {
  const asked = deps.infrastructure.environments.filter((name) => only === undefined || name === only);
  const views = await Promise.all(asked.map((environment) => readEnvironment(deps, environment)));
  return {
    targets: views.flatMap(({ targets }) => targets),
    without: views.flatMap(({ without }) => without),
    missing: views.flatMap(({ missing }) => missing),
  };
}

async function readEnvironment(
  deps: Pick<ApiDeps, 'infrastructure' | 'services' | 'resources'>,
  environment: string,
): Promise<InventoryView> {
  const [seen, known, kept] = await Promise.all([
    deps.infrastructure.observe(environment),
    deps.services.list(environment, mostServices, null),
    deps.resources.of(environment, null),
  ]);
  const resolved = new Map<string, ReturnType<typeof resolve<TargetState>>>();
  const resolveOnce = (service: string) => {
    const found = resolved.get(service) ?? resolve({ environment, service }, seen.targets, kept);
    resolved.set(service, found);
    return found;
  };
  const targeted = new Set(seen.targets.map(({ target }) => target.service));
  const services = new Set([...known.items, ...kept].map(({ service }) => service));
  return {
    targets: seen.targets.map((state) => rowOf(state, resolveOnce(state.target.service))),
    without: [...services]
      .filter((service) => !targeted.has(service))
      .sort()
      .flatMap((service) => {
        const found = resolveOnce(service);
        return found.ok ? [] : [{ environment, service, reason: found.reason }];
      }),
    missing: seen.missing.map((one) => ({ environment, ...one })),
  };
}

function rowOf(state: TargetState, found: ReturnType<typeof resolve<TargetState>>): InventoryRow {
  const { target, executor, rollout, owner, team, tier } = state;
  const key = targetKey(target);
  return {
    environment: target.environment,
    service: target.service,
    key,
    words: resourceWords(key),
    executor,
    availability: availabilityOf(state),
    servingReplicas: servingReplicas(state),
    desiredReplicas: state.desiredReplicas,
    rollout: rollout?.inProgress === true ? rollout.detail : null,
    owner: owner ?? null,
    team: team ?? null,
    tier: tier ?? null,
    protected: state.protected ?? null,
    unresolved: unresolvedReason(key, found),
  };
}

function unresolvedReason(key: string, found: ReturnType<typeof resolve<TargetState>>): string | null {
  if (!found.ok) return found.reason;
  const meant = targetKey(found.target.target);
  return meant === key ? null : `telemetry says that the service is ${resourceWords(meant)}`;
}
