// What every part of a Sentinel process stands on: log, metrics, stores and Temporal, opened in parallel where possible.

import { join } from 'node:path';
import type { Executors } from '../activities/ports/executor.ts';
import { lockDirectory } from '../adapters/postgres/database/directory-lock.ts';
import { createStores, type Database, openDatabase, type Stores } from '../adapters/postgres/index.ts';
import { slackKeyId } from '../adapters/slack/inbound/people.ts';
import type { HistoryStore } from '../adapters/store-vendor.ts';
import type { createLogger } from '../adapters/telemetry/logger.ts';
import { createMetrics, type PrometheusMetrics } from '../adapters/telemetry/metrics.ts';
import { connectTemporal, type TemporalClient } from '../adapters/temporal/connect.ts';
import type { PayloadProtection } from '../adapters/temporal/payloads/codec.ts';
import type { Config } from '../config/load.ts';
import { makePayloadKey } from '../config/payload-keys.ts';
import { personEntries } from '../config/sections/people.ts';
import { type People, peopleOf } from '../domain/policy/people.ts';
import { searchAttributeNames } from '../workflows/search-attributes.ts';
import { createExecutors } from './executors.ts';
import { ExitError, exitCodes } from './exit.ts';
import { createInventory, type Inventory } from './inventory/inventory.ts';
import { createOtherProcesses } from './inventory/other-processes.ts';
import { itself, readSurroundings } from './inventory/own-parts.ts';
import type { Shutdown } from './lifecycle/shutdown.ts';
import { needsVectors, type OpenedMemory, openMemory } from './memory/open.ts';
import { openPrivateFolder } from './private-files.ts';
import type { SentinelRole } from './roles.ts';
import { databaseUrl, openHistory, storesOf } from './stores.ts';
import { payloadProtection } from './temporal/payload-keys.ts';
import { findTemporal, type TemporalServer, temporalSecurity } from './temporal/server.ts';

export type Platform = {
  readonly config: Config;
  readonly log: ReturnType<typeof createLogger>;
  readonly metrics: PrometheusMetrics;
  readonly clock: { nowMs(): number };
  /** Which service a target serves, by the rules of the configuration. */
  readonly inventory: Pick<Inventory, 'serviceOf'>;
  readonly database: Database;
  readonly stores: Stores;
  /** Null: Sentinel runs without telemetry history. */
  readonly history: HistoryStore | null;
  /** Of the store that keeps it. */
  readonly historyName: string | null;
  /** Null: incidents are not remembered. */
  readonly memory: OpenedMemory | null;
  /** One set per process, so that an executor that remembers has one memory. */
  readonly executors: Executors;
  readonly temporal: TemporalServer;
  readonly client: TemporalClient;
  /** How what goes through Temporal is protected: the same for clients and workers. */
  readonly payloads: PayloadProtection;
};

/** Opens everything; what was opened is in `shutdown`, also when this throws half-way. */
export async function openPlatform(
  config: Config,
  role: SentinelRole,
  shutdown: Shutdown,
  log: ReturnType<typeof createLogger>,
  report: (line: string) => void,
  stopping?: AbortSignal,
): Promise<Platform> {
  requireSharedStores(config, role);
  openPrivateFolder(config.dataDir);
  // First of all: whoever comes second must not find, and then stop, the servers of the one that runs.
  if (role === 'all') shutdown.add('data folder', await lockDirectory(config.dataDir));
  const clock = { nowMs: () => Date.now() };
  const metrics = createMetrics({ onMistake: (mistake) => log.error({ mistake }, 'metric refused') });
  const payloads: PayloadProtection = {
    ...payloadProtection(config, role, clock.nowMs),
    nowMs: clock.nowMs,
    onRefused({ reason, ...details }) {
      metrics.count('sentinel_temporal_payloads_refused_total', { reason });
      log.warn({ reason, ...details }, 'refused data from Temporal that Sentinel did not sign for this use');
    },
  };
  const keep =
    <T>(name: string, close: (part: T) => Promise<void>) =>
    (part: T) => {
      shutdown.add(name, () => close(part));
      return part;
    };
  const [temporal, database] = await settled([
    findTemporal(config, role === 'api' || role === 'all', report, stopping).then(
      keep('temporal server', (part) => part.stop()),
    ),
    openDatabase(databaseOptions(config)).then(keep('database', (part) => part.close())),
  ]);
  const owner = await database.ownershipProblem();
  if (owner !== null)
    log.warn({}, `${owner} Connect with the application role of deploy/postgres/roles.sql (docs/audit.md).`);
  for (const problem of await database.durabilityProblems())
    log.error({ database: database.location, problem }, 'the database may lose what it has acknowledged');
  const opened = await openHistory(config);
  const history = opened?.store ?? null;
  if (history !== null) shutdown.add('history', history.close);
  const client = await connectTemporal({
    address: temporal.address,
    namespace: config.temporal.namespace,
    payloads,
    security: temporalSecurity(config),
  });
  shutdown.add('temporal client', client.close);
  const attributes = await client.ensureSearchAttributes(searchAttributeNames);
  if (attributes.kind === 'unknown')
    log.warn({ reason: attributes.reason }, 'Temporal does not say whether it has the search attributes');
  const surroundings = readSurroundings();
  const others = createOtherProcesses();
  const inventory = createInventory(config, surroundings, others.parts);
  const stores = createStores(database, {
    limits: config.limits,
    policy: config.policy,
    people: peopleIn(config),
    sessions: sessionLimits(config),
    followsWithinMs: config.incident.followsWithinMs,
    longestSilenceMs: config.silences.longestMs,
    lagLowersAutonomy: config.ownLag.lowersAutonomy,
    protection: inventory.protection,
  });
  await others.join(stores.ownProcesses, { role, own: itself(surroundings) }, log, shutdown);
  shutdown.add('questions to agents', async () => stores.agentLine.close());
  const memory = await memoryOf(config, database, stores, log);
  if (memory !== null) shutdown.add('memory of incidents', memory.close);
  return {
    config,
    log,
    metrics,
    clock,
    database,
    stores,
    history,
    historyName: opened?.name ?? null,
    memory,
    executors: await createExecutors(
      config.executors,
      clock.nowMs,
      inventory,
      config.dryRun,
      stores.agentLine,
    ),
    temporal,
    client,
    payloads,
    inventory,
  };
}

/** Like Promise.all, but waits for every part before it throws, so that nothing opens after the shutdown. */
async function settled<A, B>(parts: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  const results = await Promise.allSettled(parts);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return Promise.all(parts);
}

/** An embedded store belongs to one process; parts that run apart need servers they can share. */
function requireSharedStores(config: Config, role: SentinelRole): void {
  if (role === 'all') return;
  const missing = [
    ...(config.temporal.address === undefined ? ['temporal.address'] : []),
    ...(config.secrets.temporalPayloadKeys === null
      ? [`SENTINEL_TEMPORAL_PAYLOAD_KEYS (the same for all; make one with: ${makePayloadKey})`]
      : []),
    ...storesOf(config).flatMap(({ notShared }) => notShared ?? []),
  ];
  if (missing.length === 0) return;
  throw new ExitError(
    exitCodes.usage,
    `The role ${role} runs beside other processes and shares its stores with them. Set ${missing.join(', ')}.`,
    { missing },
  );
}

/** Without it everything else is as it was. */
async function memoryOf(config: Config, database: Database, stores: Stores, log: Platform['log']) {
  return openMemory(config, database, stores.embeddings, Date.now, (reason) =>
    log.warn({ reason }, 'incidents are not remembered'),
  );
}

function databaseOptions(config: Config) {
  const url = databaseUrl(config);
  const { dataDir, cacheDir } = config;
  const vectors = needsVectors(config);
  return url === undefined
    ? { dataDir: join(dataDir, 'postgres'), cacheDir: join(cacheDir, 'postgres'), vectors }
    : { url, vectors };
}

/** Who decides, as the configuration of this process says it: asked whenever votes are counted. */
export function peopleIn({ people, slack }: Pick<Config, 'people' | 'slack'>): People {
  return peopleOf(personEntries(people, slack?.users ?? {}, slackKeyId));
}

function sessionLimits({ server: { sessions } }: Config) {
  return { idleMs: sessions.idle, absoluteMs: sessions.absolute };
}
