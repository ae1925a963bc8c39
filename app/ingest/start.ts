// Ingest as one object: pipeline, HTTP app, dispatcher and ticker, with start and stop.

import { randomUUID } from 'node:crypto';
import type { CorrelationConfig } from '../../domain/correlation/correlate.ts';
import type { DetectionEngine } from '../../domain/detection/engine.ts';
import { defaultIdentity, type IdentityRules } from '../../domain/identity.ts';
import { createDelivery } from '../../ingest/delivery.ts';
import { createDispatcher, type DispatchSettings, defaultDispatchSettings } from '../../ingest/dispatch.ts';
import { eventSchemas } from '../../ingest/events/schema.ts';
import { createIngestApp, type IngestApp } from '../../ingest/http.ts';
import { createLearning } from '../../ingest/learning.ts';
import { defaultLimits, type IngestLimits } from '../../ingest/limits.ts';
import { createLoop } from '../../ingest/loop.ts';
import { createMappings } from '../../ingest/mapping/mappings.ts';
import { createNotes, type Notes } from '../../ingest/notes.ts';
import { createPipeline, type OnTaken } from '../../ingest/pipeline.ts';
import type {
  Authorize,
  Clock,
  Episodes,
  FiringAlerts,
  HistoryWriter,
  Inbox,
  IncidentStarter,
  LearntStore,
  Logger,
  LookNotes,
  Metrics,
  ReadRemote,
  SilencedAgain,
  TelemetryNotes,
  WarmHistory,
  WatchPositions,
} from '../../ingest/ports.ts';
import type { OwnOfSources } from '../../ingest/sources/index.ts';
import { createTicker } from '../../ingest/ticker.ts';
import { type Services, warmDetection } from '../../ingest/warm.ts';
import { type Watched, type WatchedHealth, watch } from '../../ingest/watched.ts';

export type IngestSettings = {
  readonly defaultEnvironment: string;
  /** Which resource attributes say which service and instance telemetry is about. */
  readonly identity: IdentityRules;
  readonly sources: OwnOfSources;
  readonly correlation: CorrelationConfig;
  readonly limits: IngestLimits;
  readonly dispatch: DispatchSettings;
  /** How often detection hears that time has passed. */
  readonly tickMs: number;
  /** How often watched systems are asked. */
  readonly watchMs: number;
  /** How often notes on telemetry are written. */
  readonly notesMs: number;
  /** How often it is looked whether a silence has ended. */
  readonly silencedMs: number;
  /** How much of history a starting process reads back. */
  readonly warmMs: number;
  /** How often it is kept what detection has learnt. */
  readonly learntMs: number;
  readonly maxWaitingRows: number;
  readonly maxWaitingAnomalies: number;
};

/** Everything but what depends on the installation. */
export const defaultIngestSettings = {
  identity: defaultIdentity,
  limits: defaultLimits,
  dispatch: defaultDispatchSettings,
  tickMs: 1_000,
  // As often as collectors usually send.
  watchMs: 15_000,
  notesMs: 5_000,
  silencedMs: 2_000,
  warmMs: 10 * 60_000,
  learntMs: 60_000,
  // About a hundred bytes each.
  maxWaitingRows: 200_000,
  maxWaitingAnomalies: 10_000,
} as const satisfies Partial<IngestSettings>;

export type IngestDeps = {
  readonly settings: IngestSettings;
  readonly detection: DetectionEngine;
  readonly inbox: Inbox;
  readonly episodes: Episodes;
  readonly silenced: SilencedAgain;
  readonly notes: TelemetryNotes;
  readonly learnt: LearntStore;
  readonly starter: IncidentStarter;
  /** Null: Sentinel runs without telemetry history. */
  readonly history: (HistoryWriter & WarmHistory) | null;
  /** Services whose telemetry comes in another way, which rebuilds its own detection; null when they are not known. */
  readonly watchedElsewhere?: Services | null | undefined;
  /** Systems that are asked what they do, and what they said before. */
  readonly watched?:
    | {
        readonly systems: readonly Watched[];
        readonly firing: FiringAlerts;
        readonly looks: LookNotes;
        readonly positions: WatchPositions;
      }
    | undefined;
  readonly authorize: Authorize;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly onTaken?: OnTaken | undefined;
  readonly readRemote: ReadRemote;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
};

export type Ingest = {
  /** The HTTP routes; serve them wherever the process listens. */
  readonly app: IngestApp;
  /** Something new is in the inbox. */
  wake(): void;
  /** How it is with the watched systems. */
  watched(): readonly WatchedHealth[];
  /** For ways in that do not come over `app`. */
  readonly notes: Pick<Notes, 'refused' | 'resource'>;
  /** Ends the ticker and the dispatcher after what they are doing. Stop listening before. */
  stop(): Promise<void>;
};

/** Resolves when detection is rebuilt and everything runs; requests are served when the caller serves `app`. */
export async function startIngest(deps: IngestDeps): Promise<Ingest> {
  const { settings, detection, inbox, episodes, starter, history, authorize, clock, metrics, log } = deps;
  const { limits, defaultEnvironment } = settings;

  const dispatcher = createDispatcher({
    inbox,
    episodes,
    starter,
    correlation: settings.correlation,
    clock,
    metrics,
    log,
    settings: settings.dispatch,
  });
  const wake = (): void => dispatcher.wake();

  const learning = createLearning({ detection, store: deps.learnt, clock, log });
  async function warm(): Promise<void> {
    const { warmMs } = settings;
    if (deps.watchedElsewhere === null)
      // Whoever is heard of elsewhere would be missed here: rather learn again.
      log.warn({}, 'detection starts cold: nobody knows which services come in another way');
    else {
      const elsewhere = deps.watchedElsewhere ?? new Map();
      await learning.recallAll(elsewhere);
      await warmDetection({ detection, history, clock, log, warmMs }, elsewhere);
    }
  }

  const { maxWaitingRows, maxWaitingAnomalies } = settings;
  const delivery = createDelivery({
    inbox,
    episodes,
    history,
    metrics,
    log,
    wake,
    maxWaitingRows,
    maxWaitingAnomalies,
  });
  const notes = createNotes(deps.notes, log);
  const pipeline = createPipeline({
    detection,
    delivery,
    limits,
    defaultEnvironment,
    identity: settings.identity,
    notes,
    clock,
    metrics,
    onTaken: deps.onTaken,
    rewarm: warm,
  });
  const ticker = createTicker(settings.tickMs, pipeline.tick, (error) => {
    log.error({ err: error }, 'a detection tick failed');
  });
  const noteTicker = createTicker(
    settings.notesMs,
    () => notes.flush(clock.nowMs()),
    (error) => log.error({ err: error }, 'notes on telemetry could not be written'),
  );
  const again = createLoop({
    once: async () => {
      const put = await deps.silenced.judgeAgain(settings.dispatch.batchSize);
      if (put > 0) wake();
      return put > 0;
    },
    pollMs: settings.silencedMs,
    maxBackoffMs: 60_000,
    onError: (error) => log.error({ err: error }, 'what was silenced could not be judged again'),
  });
  const learningTicker = createTicker(
    settings.learntMs,
    () => learning.keep(),
    (error) => log.error({ err: error }, 'what detection has learnt could not be kept'),
  );
  const mappings = createMappings();
  const app = createIngestApp({
    pipeline,
    inbox,
    authorize,
    allowedOrigins: deps.allowedOrigins,
    schemas: eventSchemas(limits),
    sources: settings.sources,
    limits,
    defaultEnvironment,
    clock,
    newId: randomUUID,
    readRemote: deps.readRemote,
    mappings,
    metrics,
    log,
    wake,
  });

  const watching = watch(deps.watched?.systems ?? [], {
    ...{ take: pipeline.take, everyMs: settings.watchMs, inbox, wake, limits },
    firing: deps.watched?.firing ?? { firing: async () => [] },
    looks: deps.watched?.looks ?? { looked: async () => {} },
    positions: deps.watched?.positions ?? { last: async () => null, keep: async () => {} },
    ...{ clock, metrics, log },
  });

  dispatcher.start();
  await warm();
  ticker.start();
  watching.start();
  noteTicker.start();
  learningTicker.start();
  again.start();
  return {
    app,
    wake,
    notes,
    watched: watching.health,
    stop: async () => {
      await watching.stop();
      await again.stop();
      await ticker.stop();
      await noteTicker.stop();
      await learningTicker.stop();
      await notes.flush(clock.nowMs());
      await learning.keep();
      await pipeline.flush();
      await pipeline.settle();
      await dispatcher.stop();
      await mappings.close();
    },
  };
}
