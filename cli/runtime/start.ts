// Composes one Sentinel process: which parts a role has, and in which order they start. `all` holds everything and may
// keep its stores inside the process; the other roles share servers given by URL.

import { randomUUID } from 'node:crypto';
import type { KafkaSource } from '../../adapters/kafka/source.ts';
import { generateKey } from '../../adapters/postgres/index.ts';
import { createLogger } from '../../adapters/telemetry/logger.ts';
import { createIncidentMessenger } from '../../adapters/temporal/incident-messenger.ts';
import { createApp } from '../../api/app.ts';
import type { DashboardDeps } from '../../api/dashboard/deps.ts';
import { createStreams, type Streams } from '../../api/feed/streams.ts';
import { startRedelivery } from '../../api/redelivery.ts';
import { type HttpServer, startHttp } from '../../api/server.ts';
import { loginLinkUrl } from '../../api/session/login-links.ts';
import type { Config } from '../../config/load.ts';
import { readConnection, writeConnection } from '../connection.ts';
import type { RunningSentinel, SentinelRole } from '../deps.ts';
import { version } from '../version.ts';
import { createClosing } from './closing.ts';
import { dashboardOf } from './dashboard.ts';
import { type Foundation, openFoundation } from './foundation.ts';
import { componentsOf } from './health.ts';
import { routed } from './http.ts';
import { createInfrastructure } from './infrastructure.ts';
import { startIngestPart } from './ingest.ts';
import { limitedIngest } from './ingest-limits.ts';
import { startNotifications } from './notifications.ts';
import { startSlackReceiver } from './slack.ts';
import { startWorkerPart } from './worker.ts';

export async function startSentinel(
  config: Config,
  role: SentinelRole,
  report: (line: string) => void,
): Promise<RunningSentinel> {
  const log = createLogger({ level: config.logging.level, role });
  const closing = createClosing((part, error) => log.error({ err: error, part }, 'closing failed'));
  const has = (part: SentinelRole) => role === 'all' || role === part;
  try {
    const foundation = await openFoundation(config, role, closing, log, report);
    const adminKey = has('api') ? await ensureAdminKey(foundation) : null;
    const worker = has('worker') ? await startWorkerPart(foundation, closing) : null;
    const ingest = has('ingest') ? await startIngestPart(foundation, closing) : null;
    const streams = openStreams(foundation);
    // Every role has the API's health and metrics routes; only the role `api` redelivers decisions.
    const dashboard = has('api') ? dashboardOf(foundation, () => http.url) : null;
    const http: HttpServer = await startHttp({
      fetch: routed({
        ingest:
          ingest === null
            ? null
            : limitedIngest(ingest.app.fetch, config.server.rateLimits, foundation.metrics),
        api: await createApi(
          foundation,
          role,
          streams,
          dashboard,
          ingest?.kafka ?? null,
          has('api') ? closing : null,
        ),
      }),
      host: config.server.host,
      port: config.server.port,
      trustedProxies: config.server.trustedProxies,
    });
    closing.add('http', http.close);
    // Closed before: an answer that never ends would hold the server open until it is cut off.
    closing.add('streams', streams.close);
    if (adminKey !== null) writeConnection(config.dataDir, { url: http.url, apiKey: adminKey });
    const { temporal } = foundation;
    log.info({ url: http.url, temporal: temporal.address }, 'sentinel started');
    return {
      banner: [
        `Sentinel is running (${role}).`,
        `  API and telemetry  ${http.url}`,
        ...(dashboard === null ? [] : dashboardLines(dashboard, http.url, adminKey)),
        ...(temporal.uiUrl === null ? [] : [`  Temporal Web UI    ${temporal.uiUrl}`]),
        `  Data               ${config.dataDir}`,
      ],
      failed: failure(worker?.stopped ?? null),
      stop: () => closing.close(),
    };
  } catch (error) {
    await closing.close();
    throw error;
  }
}

function openStreams({ config, stores, metrics, log }: Foundation): Streams {
  return createStreams({
    feed: stores.eventFeed,
    incidents: stores.incidentReader,
    apiKeys: stores.apiKeys,
    metrics,
    log,
    maxReaders: config.server.maxStreams,
  });
}

/** With a link that works once, where only this machine can use it. */
function dashboardLines({ loginLinks }: DashboardDeps, url: string, adminKey: string | null): string[] {
  const keyId = adminKey?.split('_')[1];
  if (loginLinks === null || keyId === undefined) return [`  Dashboard          ${url}`];
  return [
    `  Dashboard          ${loginLinkUrl(url, loginLinks.create(keyId))}`,
    '                     (logs you in once, within five minutes; "sentinel dashboard" makes another link)',
  ];
}

async function createApi(
  foundation: Foundation,
  role: SentinelRole,
  streams: Streams,
  dashboard: DashboardDeps | null,
  kafka: KafkaSource | null,
  closing: ReturnType<typeof createClosing> | null,
) {
  const { config, stores, history, executors, metrics, clock, log, client } = foundation;
  const messenger = createIncidentMessenger({ client: client.client });
  if (closing !== null) {
    closing.add('redelivery', startRedelivery({ approvals: stores.approvals, messenger, metrics, log }).stop);
    await startNotifications(foundation, messenger, closing);
  }
  const slackEvents = closing === null ? null : await startSlackReceiver(foundation, messenger, closing);
  return createApp({
    incidents: stores.incidentReader,
    streams,
    approvals: stores.approvals,
    killSwitch: stores.killSwitch,
    apiKeys: stores.apiKeys,
    audit: stores.audit,
    modelTurns: stores.modelTurnReader,
    messenger,
    slackEvents,
    series: history,
    services: stores.services,
    infrastructure: createInfrastructure(executors, config.executors),
    queues: {
      depths: async () => ({
        ...(await stores.queues.depths()),
        historyRows: history?.waitingRows() ?? null,
      }),
    },
    policy: config.policy,
    rateLimits: config.server.rateLimits,
    components: componentsOf(foundation, kafka),
    metrics,
    renderMetrics: metrics.render,
    about: { version, role, node: process.version, startedAtMs: clock.nowMs() },
    clock,
    log,
    newId: randomUUID,
    ...(dashboard === null ? {} : { dashboard }),
  }).fetch;
}

/** The operator's key from the environment; else the one of the last start here; else a new one. */
async function ensureAdminKey({ config, stores }: Foundation): Promise<string> {
  const key = config.secrets.adminKey?.reveal() ?? readConnection(config.dataDir)?.apiKey ?? generateKey();
  await stores.apiKeys.ensureBootstrap(key);
  return key;
}

/** Rejects when the worker ends without having been asked to; never resolves. */
async function failure(stopped: Promise<void> | null): Promise<never> {
  await stopped;
  return new Promise<never>(() => {});
}
