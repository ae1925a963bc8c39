// A detection engine behind one partition, or behind several that are read together: rebuilt from history for the services it
// carried before, behind the same pipeline as every way in. One call at a time.

import type { DetectionConfig } from '../../domain/detection/config.ts';
import { createDetectionEngine } from '../../domain/detection/engine.ts';
import type { TelemetryObservation } from '../../domain/observation.ts';
import { createDelivery } from '../delivery.ts';
import { createLearning } from '../learning.ts';
import type { Notes } from '../notes.ts';
import { createPipeline, type DecodedRequest, type Handed, type OnTaken } from '../pipeline.ts';
import type { Episodes, HistoryWriter, Inbox, LearntStore, Sender, WarmHistory } from '../ports.ts';
import { type Services, warmServices } from '../warm.ts';
import type { SiftDeps } from './dead-letters.ts';
import { ServicesSeen } from './services-seen.ts';
import { StoredUntil } from './stored-until.ts';

export type StreamDeps = Omit<SiftDeps, 'notes'> & {
  readonly detection: DetectionConfig;
  readonly inbox: Pick<Inbox, 'put'>;
  readonly episodes: Pick<Episodes, 'rememberEdges'>;
  /** Null: Sentinel runs without telemetry history. */
  readonly history: (HistoryWriter & WarmHistory) | null;
  readonly notes?: Pick<Notes, 'refused' | 'resource'> | undefined;
  readonly learnt: LearntStore;
  readonly wake: () => void;
  readonly onTaken?: OnTaken | undefined;
  readonly warmMs: number;
  /** How often it is kept what detection has learnt. */
  readonly learntMs: number;
  readonly maxWaitingRows: number;
  readonly maxWaitingAnomalies: number;
};

/** What is taken together is written together. */
export const recordsAtOnce = 5_000;

/** So many writes of history may be under way: more would only pile up in memory. */
const writesUnderWay = 8;

/** What the records of one call were read as. */
export type Telemetry = {
  readonly observations: readonly TelemetryObservation[];
  /** Of one sender. */
  readonly requests: readonly DecodedRequest[];
  readonly sender: Sender;
};

export type DetectionStream = {
  readonly seen: ServicesSeen;
  /** Throws while what it led to cannot be stored; it is in detection all the same. */
  take(telemetry: Telemetry, atMs: number): Promise<void>;
  /** Lets time pass. Throws like `take`. */
  pass(atMs: number): Promise<void>;
  /** What was taken until then is in history or in the inbox, with everything that may still come of it. */
  durableUntilMs(): number;
};

/**
 * Rows come out of detection when their second is complete; a source that usually exports late is waited for. Offsets stay
 * uncommitted for this long, so that a successor gets the records of every second that was still open.
 */
const holdMsOf = (detection: DetectionConfig): number => detection.buckets.maxWaitMs + 2_000;

/** Resolves when detection knows again what history says of these services. */
export async function openStream(deps: StreamDeps, services: Services): Promise<DetectionStream> {
  const { clock, metrics, limits, defaultEnvironment, maxWaitingRows, notes, onTaken } = deps;
  const detection = createDetectionEngine(deps.detection);
  const delivery = createDelivery(deps);
  const seen = new ServicesSeen();
  const learning = createLearning({ ...deps, detection, store: deps.learnt });
  const warm = async (which: Services): Promise<void> => {
    await learning.recall(which);
    await warmServices({ ...deps, detection }, which);
  };
  const stored = new StoredUntil();
  const rewarm = async (): Promise<void> => {
    await stored.fewerThan(1);
    await warm(seen.services());
  };
  let handedOnMs = clock.nowMs();
  const onRows = (rows: Promise<boolean>): void => stored.begin(handedOnMs, rows);
  const common = { limits, defaultEnvironment, notes, clock, metrics, onTaken, onRows, rewarm };
  const pipeline = createPipeline({ detection, delivery, ...common });
  for (const [environment, names] of services)
    for (const service of names) seen.note(environment, service, clock.nowMs());
  await warm(services);

  const holdMs = holdMsOf(deps.detection);
  /** Throws while the inbox is away, or so much history waits that some would be given up. */
  async function handOn(atMs: number, work: () => Promise<Handed>): Promise<void> {
    handedOnMs = atMs;
    const handed = await work();
    keepLearnt(atMs);
    await stored.fewerThan(writesUnderWay);
    // Detection goes on without history, for as long as nothing is lost by it.
    const missing = delivery.waiting().rows < maxWaitingRows / 2 ? null : 'history';
    const away = handed.kind === 'retry' ? handed.missing : missing;
    if (away !== null) throw new Error(`cannot go on: the ${away} is unavailable`);
  }

  function note(observations: readonly TelemetryObservation[], atMs: number): void {
    for (const { scope } of observations) seen.note(scope.environment, scope.service, atMs);
  }

  let keptMs = clock.nowMs();
  let keeping: Promise<void> = Promise.resolve();
  /** Beside everything else: telemetry does not wait for it. */
  function keepLearnt(atMs: number): void {
    if (Math.abs(atMs - keptMs) < deps.learntMs) return;
    keptMs = atMs;
    keeping = keeping.then(learning.keep);
  }

  let busy: Promise<unknown> = Promise.resolve();
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = busy.catch(() => {}).then(work);
    busy = mine;
    return mine;
  }

  return {
    seen,
    take: ({ observations, requests, sender }, atMs) =>
      alone(async () => {
        note(observations, atMs);
        for (const { decoded } of requests) note(decoded.observations, atMs);
        await handOn(atMs, () =>
          requests.length > 0 ? pipeline.receive(requests, sender, atMs) : pipeline.take(observations, atMs),
        );
      }),
    pass: (atMs) => alone(() => handOn(atMs, () => pipeline.pass(atMs))),
    durableUntilMs: () => stored.atMs - holdMs,
  };
}
