// The API of a process. Every role has its routes of health and metrics; only the role `api` redelivers decisions, tells people,
// and looks after incidents whose workflow is gone.

import { randomUUID } from 'node:crypto';
import type { KafkaSource } from '../../adapters/kafka/source.ts';
import { createIncidentMessenger } from '../../adapters/temporal/incident-messenger.ts';
import { createIncidentWorkflows } from '../../adapters/temporal/incident-workflows.ts';
import { createPayloadOpener } from '../../adapters/temporal/payloads/opener.ts';
import { createRollbackWorkflows } from '../../adapters/temporal/rollback-workflows.ts';
import { createApp } from '../../api/app.ts';
import type { DashboardDeps } from '../../api/dashboard/deps.ts';
import type { Streams } from '../../api/feed/streams.ts';
import type { RefusalAudit } from '../../api/http/refusal-audit.ts';
import { type Reconciler, startReconciler } from '../../api/reconciler.ts';
import { startRedelivery } from '../../api/redelivery.ts';
import type { WatchedHealth } from '../../ingest/watched.ts';
import { deadLettersOf } from '../dead-letters.ts';
import { componentsOf } from '../lifecycle/health.ts';
import type { LagMeter } from '../lifecycle/own-lag.ts';
import type { Shutdown } from '../lifecycle/shutdown.ts';
import type { StartChecks } from '../lifecycle/start-checks.ts';
import { startChatReceivers } from '../notifications/chats.ts';
import { startNotifications } from '../notifications/part.ts';
import { type Platform, peopleIn } from '../platform.ts';
import type { SentinelRole } from '../roles.ts';
import { version } from '../version.ts';
import { incidentSettings } from '../worker/incident-settings.ts';
import { createInfrastructure } from './infrastructure.ts';

export type ApiParts = {
  readonly platform: Platform;
  readonly role: SentinelRole;
  readonly streams: Streams;
  /** Null: no pages here. */
  readonly dashboard: DashboardDeps | null;
  readonly kafka: KafkaSource | null;
  /** How it is with the systems that this process watches. */
  readonly watched: () => readonly WatchedHealth[];
  readonly lag: LagMeter;
  readonly refusals: RefusalAudit;
  readonly checks: StartChecks;
  /** Where what the role `api` does by itself ends; null: this process only answers. */
  readonly shutdown: Shutdown | null;
};

export async function createApi({
  platform,
  role,
  streams,
  dashboard,
  kafka,
  watched,
  lag,
  refusals,
  checks,
  shutdown,
}: ApiParts): Promise<(request: Request) => Response | Promise<Response>> {
  const { config, stores, history, executors, metrics, clock, log, client } = platform;
  const messenger = createIncidentMessenger({ client: client.client });
  const rollbackWorkflows = createRollbackWorkflows({
    client: client.client,
    taskQueue: config.temporal.taskQueue,
    settings: incidentSettings(config),
  });
  let reconciler: Reconciler | null = null;
  if (shutdown !== null) {
    const { approvals, stops, settlements, rollbacks } = stores;
    const redelivery = startRedelivery({
      ...{ approvals, stops, settlements, rollbacks, rollbackWorkflows, messenger, metrics, log },
    });
    shutdown.add('redelivery', redelivery.stop);
    await startNotifications(platform, messenger, shutdown);
    reconciler = startReconciler({
      restarts: stores.restarts,
      workflows: createIncidentWorkflows({
        client: client.client,
        taskQueue: config.temporal.taskQueue,
        settings: incidentSettings(config),
      }),
      metrics,
      log,
      clock,
    });
    shutdown.add('reconciler', reconciler.stop);
  }
  const decisions = {
    ...{ people: peopleIn(config), incidents: stores.incidentReader, approvals: stores.approvals },
    ...{ stops: stores.stops, effects: stores.effects, requests: stores.signedRequests },
    ...{ rollbacks: stores.rollbacks, rollbackWorkflows },
    ...{ refusals, messenger, metrics, log, nowMs: clock.nowMs },
  };
  const chats = shutdown === null ? null : await startChatReceivers(platform, decisions, shutdown);
  return createApp({
    incidents: stores.incidentReader,
    streams,
    approvals: stores.approvals,
    stops: stores.stops,
    killSwitch: stores.killSwitch,
    silences: stores.silences,
    trackRecord: stores.trackRecord,
    effects: stores.effects,
    rollbacks: stores.rollbacks,
    rollbackWorkflows,
    apiKeys: stores.apiKeys,
    agents: stores.agentDesk,
    audit: stores.audit,
    auditWriter: stores.auditWriter,
    refusals,
    modelTurns: stores.modelTurnReader,
    temporalPayloads: createPayloadOpener(platform.payloads.keys, config.temporal.namespace),
    messenger,
    slackEvents: chats?.get('slack') ?? null,
    series: history,
    services: stores.services,
    resources: stores.resources,
    budgets: stores.learnt,
    records: stores.records,
    deadLetters: deadLettersOf(platform),
    infrastructure: createInfrastructure(executors, config.executors),
    queues: {
      depths: async () => ({
        ...(await stores.queues.depths()),
        historyRows: history?.waitingRows() ?? null,
      }),
    },
    policy: config.policy,
    people: peopleIn(config),
    rateLimits: config.server.rateLimits,
    components: componentsOf(platform, kafka, lag, checks, reconciler, watched),
    metrics,
    renderMetrics: metrics.render,
    about: { version, role, node: process.version, startedAtMs: clock.nowMs() },
    clock,
    log,
    newId: randomUUID,
    ...(dashboard === null ? {} : { dashboard }),
  }).fetch;
}
