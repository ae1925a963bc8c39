// Composes one Sentinel process: which parts a role has, and in which order they start. `all` holds everything and may
// keep its stores inside the process; the other roles share servers given by URL.

import { umask } from 'node:process';
import { createLogger } from '../adapters/telemetry/logger.ts';
import type { DashboardDeps } from '../api/dashboard/deps.ts';
import { createStreams, type Streams } from '../api/feed/streams.ts';
import { createRefusalAudit, type RefusalAudit } from '../api/http/refusal-audit.ts';
import { startRounds } from '../api/rounds.ts';
import { type HttpServer, startHttp } from '../api/server.ts';
import { loginLinkUrl } from '../api/session/login-links.ts';
import type { Config } from '../config/load.ts';
import { configWarnings } from '../config/warnings.ts';
import { searchAttributeNames } from '../workflows/search-attributes.ts';
import { ensureAdminKey, leaveConnection } from './admin-key.ts';
import { dashboardOf } from './api/dashboard.ts';
import { namesOf, routed } from './api/http.ts';
import { createApi } from './api/part.ts';
import { startGrpc } from './ingest/grpc.ts';
import { limitedIngest } from './ingest/limits.ts';
import { startIngestPart } from './ingest/part.ts';
import { startLagMeter } from './lifecycle/own-lag.ts';
import { createShutdown, type Shutdown } from './lifecycle/shutdown.ts';
import { startChecksAgain } from './lifecycle/start-checks.ts';
import { openPlatform, type Platform } from './platform.ts';
import type { RunningSentinel, SentinelRole } from './roles.ts';
import { webUiCodec } from './temporal/web-ui-codec.ts';
import { startWorkerPart } from './worker/part.ts';

export async function startSentinel(
  config: Config,
  role: SentinelRole,
  report: (line: string) => void,
  stopping?: AbortSignal,
): Promise<RunningSentinel> {
  // Whatever is written from here on, by us or by what we start, is for this user only.
  umask(0o077);
  const log = createLogger({ level: config.logging.level, role });
  for (const { path, message } of configWarnings(config)) log.warn({ path }, message);
  const shutdown = createShutdown((part, error) =>
    log.error({ err: error, part }, 'part could not be closed'),
  );
  const has = (part: SentinelRole) => role === 'all' || role === part;
  try {
    const platform = await openPlatform(config, role, shutdown, log, report, stopping);
    const adminKey = has('api') ? await ensureAdminKey(platform) : null;
    const worker = has('worker') ? await startWorkerPart(platform, shutdown) : null;
    const lag = startLagMeter(platform, role, shutdown);
    const ingest = has('ingest') ? await startIngestPart(platform, shutdown, lag.onTaken) : null;
    const streams = openStreams(platform);
    const refusals = startRefusalAudit(platform, shutdown);
    const { client, database, clock } = platform;
    const checks = startChecksAgain({
      ensureSearchAttributes: () => client.ensureSearchAttributes(searchAttributeNames),
      durabilityProblems: database.durabilityProblems,
      log,
      clock,
    });
    shutdown.add('checks of the start', checks.stop);
    // Every role has the API's health and metrics routes; only the role `api` redelivers decisions.
    const dashboard = has('api') ? dashboardOf(platform, () => http.url) : null;
    const api = await createApi({
      ...{ platform, role, streams, dashboard, lag, refusals, checks },
      kafka: ingest?.kafka ?? null,
      watched: () => ingest?.watched() ?? [],
      shutdown: has('api') ? shutdown : null,
    });
    if (dashboard !== null && platform.payloads.mode === 'encrypted')
      platform.temporal.decodeWith(webUiCodec(api, config.server.publicUrl));
    const fromSenders =
      ingest === null
        ? null
        : limitedIngest(ingest.app.fetch, {
            limits: config.server.rateLimits,
            apiKeys: platform.stores.apiKeys,
            refusals,
            metrics: platform.metrics,
          });
    const grpcUrl = fromSenders === null ? null : await startGrpc(config.server, fromSenders, log, shutdown);
    const http: HttpServer = await startHttp({
      fetch: routed({ ingest: fromSenders, api }),
      host: config.server.host,
      port: config.server.port,
      trustedProxies: config.server.trustedProxies,
      ...namesOf(config.server),
    });
    shutdown.add('http', http.close);
    // Closed before: an answer that never ends would hold the server open until it is cut off.
    shutdown.add('streams', streams.close);
    shutdown.add('agents', async () => platform.stores.agentDesk.close());
    if (has('api')) leaveConnection(config.dataDir, http.url, adminKey);
    const { temporal } = platform;
    log.info({ url: http.url, grpc: grpcUrl, temporal: temporal.address }, 'sentinel started');
    return {
      banner: [
        `Sentinel is running (${role}).`,
        `  API and telemetry  ${http.url}`,
        ...(grpcUrl === null ? [] : [`  OTLP over gRPC     ${grpcUrl}`]),
        ...(dashboard === null ? [] : dashboardLines(dashboard, http.url, adminKey?.key ?? null)),
        ...(temporal.uiUrl === null ? [] : [`  Temporal Web UI    ${temporal.uiUrl}`]),
        `  Data               ${config.dataDir}`,
      ],
      failed: failure(worker?.stopped ?? null),
      stop: () => shutdown.close(),
    };
  } catch (error) {
    await shutdown.close();
    throw error;
  }
}

function openStreams({ config, stores, metrics, log }: Platform): Streams {
  return createStreams({
    feed: stores.eventFeed,
    incidents: stores.incidentReader,
    apiKeys: stores.apiKeys,
    metrics,
    log,
    maxReaders: config.server.maxStreams,
  });
}

/** One for everything this process serves. How often somebody was refused is in the audit within some seconds more than a minute. */
function startRefusalAudit({ stores, clock, log }: Platform, shutdown: Shutdown): RefusalAudit {
  const refusals = createRefusalAudit(stores.auditWriter, { nowMs: clock.nowMs, log });
  shutdown.add('refused requests', refusals.close);
  const rounds = startRounds(refusals.settle, {
    intervalMs: 10_000,
    failed: (error) => log.warn({ err: error }, 'refused requests could not be audited'),
  });
  shutdown.add('auditing refused requests', rounds.stop);
  return refusals;
}

/** With a link that works once, where only this machine can use it. */
function dashboardLines({ loginLinks }: DashboardDeps, url: string, adminKey: string | null): string[] {
  const keyId = adminKey?.split('_')[1];
  if (loginLinks === null || keyId === undefined) return [`  Dashboard          ${url}`];
  return [
    `  Dashboard          ${loginLinkUrl(url, loginLinks.create(keyId))}`,
    '                     (one-time login, valid for five minutes; "sentinel dashboard" prints a new link)',
  ];
}

/** Rejects when the worker ends without having been asked to; never resolves. */
async function failure(stopped: Promise<void> | null): Promise<never> {
  await stopped;
  return new Promise<never>(() => {});
}
