// One partition of the observations topic: a detection engine of its own, rebuilt from history for the services the
// partition carries, behind the same pipeline as every way in. When the partition goes to another process the engine goes
// with it, so that nobody takes the move for silence.

import type { DetectionConfig } from '../../domain/detection/config.ts';
import { createDetectionEngine } from '../../domain/detection/engine.ts';
import { createDelivery } from '../delivery.ts';
import { createPipeline, type OnTaken } from '../pipeline.ts';
import type { Episodes, HistoryWriter, Inbox, WarmHistory } from '../ports.ts';
import { warmServices } from '../warm.ts';
import { type SiftDeps, sift } from './dead-letters.ts';
import { decodeObservations } from './decode.ts';
import type { Durable, OpenWorker, PartitionWorker, StreamRecord } from './ports.ts';
import { decodeServices, ServicesSeen } from './services-seen.ts';

export type ObservationDeps = SiftDeps & {
  readonly detection: DetectionConfig;
  readonly inbox: Pick<Inbox, 'put'>;
  readonly episodes: Pick<Episodes, 'rememberEdges'>;
  /** Null: Sentinel runs without telemetry history. */
  readonly history: (HistoryWriter & WarmHistory) | null;
  readonly wake: () => void;
  readonly onTaken?: OnTaken | undefined;
  readonly warmMs: number;
  readonly maxWaitingRows: number;
  readonly maxWaitingAnomalies: number;
};

/**
 * Rows come out of detection when their second is complete; a source that usually exports late is waited for. Offsets stay
 * uncommitted for this long, so that a successor gets the records of every second that was still open.
 */
const holdMsOf = (detection: DetectionConfig): number => detection.buckets.maxWaitMs + 2_000;

export const observationPartition =
  (deps: ObservationDeps): OpenWorker =>
  async (position, metadata): Promise<PartitionWorker> => {
    const { clock, metrics, inbox, limits, defaultEnvironment, maxWaitingRows } = deps;
    const detection = createDetectionEngine(deps.detection);
    const delivery = createDelivery(deps);
    const { onTaken } = deps;
    const pipeline = createPipeline({
      detection,
      delivery,
      limits,
      defaultEnvironment,
      clock,
      metrics,
      onTaken,
      rewarm: () => warmServices({ ...deps, detection }, seen.services()),
    });
    const holdMs = holdMsOf(deps.detection);
    const seen = new ServicesSeen();
    const services = decodeServices(metadata);
    for (const [environment, names] of services)
      for (const service of names) seen.note(environment, service, clock.nowMs());
    await warmServices({ ...deps, detection }, services);

    /** Offsets before this are in detection. */
    let takenTo: bigint | null = null;
    let committedTo: bigint | null = null;
    /** What was taken and not committed yet, in order. */
    let held: { readonly nextOffset: bigint; readonly atMs: number }[] = [];
    /** Everything that detection had handed on by this instant is durable. */
    let durableAtMs = Number.NEGATIVE_INFINITY;

    /** Throws while the inbox is away, or so much history waits that some would be given up. */
    async function afterwards(
      outcome: { kind: 'stored' } | { kind: 'retry'; missing: string },
      atMs: number,
    ) {
      if (outcome.kind === 'stored') {
        durableAtMs = atMs;
        return;
      }
      const { missing } = outcome;
      // Detection goes on without history, for as long as nothing is lost by it.
      if (missing === 'history' && delivery.waiting().rows < maxWaitingRows / 2) return;
      throw new Error(`cannot go on: the ${missing} is unavailable`);
    }

    function fresh(records: readonly StreamRecord[]): readonly StreamRecord[] {
      const [first] = records;
      const last = takenTo;
      if (first === undefined || last === null) return records;
      // Below what was committed nothing is delivered again: the topic has begun anew.
      if (committedTo !== null && first.offset < committedTo) return records;
      return records.filter(({ offset }) => offset >= last);
    }

    async function take(records: readonly StreamRecord[]): Promise<void> {
      const wanted = fresh(records);
      const decoded = await sift(wanted, position, decodeObservations, deps);
      const items = decoded.flatMap((one) => one.items);
      if (items.length > 0 && (await inbox.put(items)) > 0) deps.wake();
      const atMs = clock.nowMs();
      const observations = decoded.flatMap((one) => one.observations);
      const last = wanted.at(-1);
      if (last !== undefined) {
        takenTo = last.offset + 1n;
        held.push({ nextOffset: takenTo, atMs });
        for (const { scope } of observations) seen.note(scope.environment, scope.service, atMs);
        metrics.count('sentinel_ingest_observations_total', { signal: 'kafka' }, observations.length);
        for (const reason of decoded.flatMap((one) => one.outOfTime))
          metrics.count('sentinel_ingest_rejected_total', { signal: 'kafka', reason });
      }
      await afterwards(await pipeline.take(observations, atMs), atMs);
    }

    async function tick(): Promise<void> {
      const atMs = clock.nowMs();
      await afterwards(await pipeline.pass(atMs), atMs);
    }

    function durable(): Durable | null {
      const done = held.findLast(({ atMs }) => atMs <= durableAtMs - holdMs);
      if (done === undefined) return null;
      held = held.filter(({ nextOffset }) => nextOffset > done.nextOffset);
      committedTo = done.nextOffset;
      seen.forgetBefore(clock.nowMs() - deps.warmMs);
      return { nextOffset: done.nextOffset, metadata: seen.encode() };
    }

    return { take, tick, durable };
  };
