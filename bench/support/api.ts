// The API over stores of a benchmark, without Temporal and telemetry: nothing here is told to a workflow.

import { randomUUID } from 'node:crypto';
import { createStores, type Database, type Stores } from '../../adapters/postgres/index.ts';
import { createMetrics } from '../../adapters/telemetry/metrics.ts';
import { createApp } from '../../api/app.ts';
import { createDeadLetters } from '../../api/dead-letters/desk.ts';
import { inboxDeadLetters } from '../../api/dead-letters/inbox.ts';
import { createStreams, type Streams } from '../../api/feed/streams.ts';
import type { Logger } from '../../api/ports/logger.ts';
import { policyConfigSchema } from '../../domain/policy/config.ts';
import { limitsConfigSchema } from '../../domain/remediation/limits.ts';

export type BenchApi = {
  readonly stores: Stores;
  readonly streams: Streams;
  readonly fetch: (request: Request) => Response | Promise<Response>;
};

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const nobody = async () => ({ accepted: false, reason: 'no workflow is here' });

export function createBenchApi(database: Database): BenchApi {
  const stores = createStores(database, { limits: limitsConfigSchema.parse({}) });
  const metrics = createMetrics({ processMetrics: false });
  const { incidentReader, apiKeys, approvals, stops, killSwitch, effects, audit, services, queues, records } =
    stores;
  const streams = createStreams({
    feed: stores.eventFeed,
    incidents: incidentReader,
    apiKeys,
    metrics,
    log: silent,
    maxReaders: 1_000,
  });
  const app = createApp({
    incidents: incidentReader,
    streams,
    approvals,
    stops,
    killSwitch,
    silences: stores.silences,
    trackRecord: stores.trackRecord,
    effects,
    rollbacks: stores.rollbacks,
    rollbackWorkflows: { start: async () => {} },
    apiKeys,
    agents: stores.agentDesk,
    audit,
    modelTurns: stores.modelTurnReader,
    temporalPayloads: { namespace: 'default', open: async (payloads) => payloads },
    messenger: {
      approvalDecided: async () => {},
      takeOver: nobody,
      abort: nobody,
      close: nobody,
      effectSettled: nobody,
      rollbackNews: nobody,
      addNote: nobody,
    },
    slackEvents: null,
    series: null,
    services,
    resources: stores.resources,
    budgets: stores.learnt,
    records,
    deadLetters: createDeadLetters([inboxDeadLetters(stores.deadItems)]),
    infrastructure: { environments: [], observe: async () => ({ targets: [], missing: [] }) },
    queues: { depths: async () => ({ ...(await queues.depths()), historyRows: null }) },
    policy: policyConfigSchema.parse({}),
    people: { named: () => null },
    rateLimits: { perKey: 0, perAddress: 0 },
    components: async () => [],
    metrics,
    renderMetrics: metrics.render,
    about: { version: 'bench', role: 'api', node: process.version, startedAtMs: Date.now() },
    clock: { nowMs: () => Date.now() },
    log: silent,
    newId: randomUUID,
    dashboard: {
      sessions: stores.sessions,
      serviceMaps: stores.serviceMaps,
      history: null,
      loginLinks: null,
      localUrl: () => 'http://localhost',
      publicUrl: undefined,
      workflowUrl: () => null,
      nowMs: () => Date.now(),
    },
  });
  return { stores, streams, fetch: (request) => app.fetch(request) };
}
