// The ingest part of a process: telemetry and events in, anomalies to their incidents.

import { readRemote } from '../../adapters/http/read-remote.ts';
import type { KafkaSource } from '../../adapters/kafka/source.ts';
import { createIncidentStarter } from '../../adapters/temporal/incident-starter.ts';
import { createDetectionEngine } from '../../domain/detection/engine.ts';
import { assignAlike } from '../../ingest/alike.ts';
import type { OnTaken } from '../../ingest/pipeline.ts';
import type { AskingEpisodes, Episodes } from '../../ingest/ports.ts';
import { createSilenceMirrors } from '../../ingest/silence-mirrors.ts';
import { ownOfSources } from '../../ingest/sources/index.ts';
import { watchedSystems } from '../executors.ts';
import type { Shutdown } from '../lifecycle/shutdown.ts';
import type { OpenedMemory } from '../memory/open.ts';
import { mirroredSystems, watchedMonitors } from '../monitors.ts';
import type { Platform } from '../platform.ts';
import { incidentSettings } from '../worker/incident-settings.ts';
import { createKafkaPart, startKafkaPart, telemetryTopicsOf } from './kafka.ts';
import { senderAuthorize } from './senders.ts';
import { defaultIngestSettings, type Ingest, type IngestSettings, startIngest } from './start.ts';

export type IngestPart = Ingest & {
  /** Null: Kafka is not configured. */
  readonly kafka: KafkaSource | null;
};

export async function startIngestPart(
  platform: Platform,
  shutdown: Shutdown,
  onTaken: OnTaken,
): Promise<IngestPart> {
  const { config, log, metrics, clock, stores, history, client, inventory, memory } = platform;
  const { defaultEnvironment, allowedOrigins, identity, senderKeys, ...configured } = config.ingest;
  const { maxBodyBytes, maxPastMs, maxFutureMs } = configured;
  const settings: IngestSettings = {
    ...defaultIngestSettings,
    defaultEnvironment,
    identity,
    sources: ownOfSources(configured, (variable) => config.vendorSecrets[variable]?.reveal() ?? null),
    correlation: config.correlation,
    limits: { ...defaultIngestSettings.limits, maxBodyBytes, maxPastMs, maxFutureMs },
  };
  const kafka = createKafkaPart(platform);
  if (kafka !== null) shutdown.add('kafka', kafka.stop);
  const ingest = await startIngest({
    settings,
    watchedElsewhere: await kafka?.knownServices(telemetryTopicsOf(config)),
    detection: createDetectionEngine(config.detection),
    inbox: stores.inbox,
    episodes: memory === null ? stores.episodes : askingMemory(stores.episodes, memory, platform),
    silenced: stores.episodes,
    notes: stores.telemetryNotes,
    learnt: stores.learnt,
    starter: createIncidentStarter({
      client: client.client,
      taskQueue: config.temporal.taskQueue,
      settings: incidentSettings(config),
    }),
    history,
    onTaken,
    allowedOrigins,
    watched: {
      systems: [
        ...(await watchedSystems(config.executors, {
          nowMs: clock.nowMs,
          agents: stores.agentLine,
          serviceOf: inventory.serviceOf,
        })),
        ...(await watchedMonitors(config, clock.nowMs)),
      ],
      firing: stores.inbox,
      looks: stores.changeLooks,
      positions: stores.watchPositions,
    },
    authorize: senderAuthorize(stores.apiKeys, senderKeys),
    readRemote,
    clock,
    metrics,
    log,
  });
  shutdown.add('ingest', ingest.stop);
  const mirrors = createSilenceMirrors(await mirroredSystems(config), { mirror: stores.silenceMirror, log });
  mirrors.start();
  shutdown.add('silences of others', mirrors.stop);
  if (kafka !== null) startKafkaPart(kafka, platform, settings, ingest, onTaken);
  return { ...ingest, watched: () => [...ingest.watched(), ...mirrors.health()], kafka };
}

/** An embedding takes some ten milliseconds here, and some hundred elsewhere; the first one loads its model. */
const memoryTimeoutMs = 5_000;

function askingMemory(
  episodes: AskingEpisodes,
  { memory, embedder }: OpenedMemory,
  { config, log }: Pick<Platform, 'config' | 'log'>,
): Episodes {
  const { semantic } = config.correlation;
  if (!semantic.enabled) return episodes;
  const deps = { memory, embedder, config: semantic, timeoutMs: memoryTimeoutMs, log };
  return { ...episodes, assignAll: assignAlike(episodes, deps) };
}
