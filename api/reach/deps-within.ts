// The one place that decides what a key may touch: every route and every page gets its ports from here, cut down to the
// environments and services that the key reaches. A new port does not compile before it is decided here what of it is reached.

import { type Reach, reaches, reachesInto } from '../../domain/policy/reach.ts';
import type { ApiDeps } from '../deps.ts';
import type { Principal } from '../ports/principal.ts';
import { incidentsWithin, type ReachedIncidents } from './incidents.ts';
import { OutOfReach } from './out-of-reach.ts';
import { silencesWithin } from './silences.ts';
import {
  budgetsWithin,
  historyWithin,
  infrastructureWithin,
  resourcesWithin,
  seriesWithin,
  servicesWithin,
} from './telemetry.ts';

type Pages = NonNullable<ApiDeps['dashboard']>;

/** Every member, also those that may be absent. */
type Decided<T> = { [Name in keyof Required<T>]: T[Name] };

/** The ports as this principal may use them. Whoever is not limited gets them as they are. */
export function depsWithin({ reach }: Pick<Principal, 'reach'>, all: ApiDeps): ApiDeps {
  return reach === undefined ? all : limited(reach, all);
}

function limited(reach: Reach, all: ApiDeps): Decided<ApiDeps> {
  const reached = incidentsWithin(reach, all.incidents);
  return {
    incidents: reached.incidents,
    modelTurns: { turnsOf: after(reached, all.modelTurns.turnsOf) },
    approvals: {
      ...all.approvals,
      pending: (limit, cursor) => all.approvals.pending(limit, cursor, reach),
      standing: after(reached, all.approvals.standing),
    },
    messenger: {
      approvalDecided: after(reached, all.messenger.approvalDecided),
      takeOver: after(reached, all.messenger.takeOver),
      abort: after(reached, all.messenger.abort),
      close: after(reached, all.messenger.close),
      effectSettled: after(reached, all.messenger.effectSettled),
      rollbackNews: after(reached, all.messenger.rollbackNews),
      addNote: after(reached, all.messenger.addNote),
    },
    killSwitch: {
      ...all.killSwitch,
      // What is stopped everywhere is stopped here, too.
      list: async () =>
        (await all.killSwitch.list()).filter(
          ({ environment }) => environment === '*' || reachesInto(reach, environment),
        ),
    },
    silences: silencesWithin(reach, all.silences, reached.require),
    trackRecord: {
      ...all.trackRecord,
      since: async (sinceMs, limit) =>
        (await all.trackRecord.since(sinceMs, limit)).filter(({ environment, service }) =>
          reaches(reach, environment, service),
        ),
      openBreakers: async () =>
        (await all.trackRecord.openBreakers()).filter(({ environment }) => reachesInto(reach, environment)),
    },
    records: {
      async explain(id) {
        const { items, refused } = await all.records.explain(id);
        const isReached = (one: { environment: string; service: string }) =>
          reaches(reach, one.environment, one.service);
        return { items: items.filter(isReached), refused: refused.filter(isReached) };
      },
    },
    series: all.series === null ? null : seriesWithin(reach, all.series),
    services: servicesWithin(reach, all.services),
    infrastructure: infrastructureWithin(reach, all.infrastructure),
    resources: resourcesWithin(reach, all.resources),
    budgets: budgetsWithin(reach, all.budgets),
    // Only who makes keys asks for them.
    people: all.people,
    policy: {
      ...all.policy,
      environments: Object.fromEntries(
        Object.entries(all.policy.environments).filter(([name]) => reachesInto(reach, name)),
      ),
    },

    // These judge the reach of the principal they are given, beside what they change or send.
    stops: all.stops,
    effects: all.effects,
    rollbacks: { ...all.rollbacks, standing: after(reached, all.rollbacks.standing) },
    rollbackWorkflows: all.rollbackWorkflows,
    streams: all.streams,

    // Of all environments at once, and not to be told apart: only for keys without limits.
    audit: {
      query: () => refuse(reach, 'the audit'),
      verify: () => refuse(reach, 'the audit'),
    },
    temporalPayloads: {
      ...all.temporalPayloads,
      open: () => refuse(reach, 'what Temporal holds of incidents'),
    },
    apiKeys: {
      ...all.apiKeys,
      list: () => refuse(reach, 'the keys of others'),
      create: () => refuse(reach, 'the making of keys, which could reach further than it does'),
      revoke: () => refuse(reach, 'the keys of others'),
    },

    deadLetters: {
      list: () => refuse(reach, 'dead letters'),
      show: () => refuse(reach, 'dead letters'),
      replay: () => refuse(reach, 'dead letters'),
    },

    // Keys of agents have no reach; those of others do not come here.
    agents: all.agents,

    // Nothing of any environment: the state of Sentinel itself.
    queues: all.queues,
    components: all.components,
    metrics: all.metrics,
    renderMetrics: all.renderMetrics,
    about: all.about,
    clock: all.clock,
    log: all.log,
    newId: all.newId,
    rateLimits: all.rateLimits,
    deliveryTimeoutMs: all.deliveryTimeoutMs,
    auditWriter: all.auditWriter,
    refusals: all.refusals,
    // Proves by itself who sends, and asks with the reach of that person.
    slackEvents: all.slackEvents,
    dashboard: all.dashboard === undefined ? undefined : pagesWithin(reach, reached, all.dashboard),
  };
}

function pagesWithin(reach: Reach, reached: ReachedIncidents, all: Pages): Decided<Pages> {
  return {
    serviceMaps: { of: after(reached, all.serviceMaps.of) },
    history: all.history === null ? null : historyWithin(reach, all.history),
    // Of the session or the process itself.
    sessions: all.sessions,
    loginLinks: all.loginLinks,
    localUrl: all.localUrl,
    publicUrl: all.publicUrl,
    workflowUrl: all.workflowUrl,
    nowMs: all.nowMs,
  };
}

/** The same call, once its incident is known to be reached. */
function after<Rest extends readonly unknown[], T>(
  { require }: ReachedIncidents,
  call: (incidentId: string, ...rest: Rest) => Promise<T>,
): (incidentId: string, ...rest: Rest) => Promise<T> {
  return async (incidentId, ...rest) => {
    await require(incidentId);
    return call(incidentId, ...rest);
  };
}

async function refuse(reach: Reach, what: string): Promise<never> {
  throw new OutOfReach(reach, what);
}
