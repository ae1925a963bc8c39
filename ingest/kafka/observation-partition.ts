// One partition of the observations topic, whose records are keyed by service: a detection engine of its own, for the services the
// partition carries. When the partition goes to another process the engine goes with it, so that nobody takes the move for silence.

import { openStream, recordsAtOnce, type StreamDeps } from './detection-stream.ts';
import { HeldOffsets } from './held-offsets.ts';
import type { OpenWorker, PartitionWorker } from './ports.ts';
import { readSentinelJson } from './read-records.ts';
import { decodeServices } from './services-seen.ts';

export const observationPartition =
  (deps: StreamDeps): OpenWorker =>
  async (position, metadata): Promise<PartitionWorker> => {
    const { clock } = deps;
    const read = readSentinelJson(deps);
    const stream = await openStream(deps, decodeServices(metadata));
    const held = new HeldOffsets();
    return {
      recordsAtOnce,
      async take(records) {
        const wanted = held.fresh(records);
        const { telemetry, counted } = await read(wanted, position);
        const atMs = clock.nowMs();
        const last = wanted.at(-1);
        if (last !== undefined) {
          held.taken(last.offset, atMs);
          counted();
        }
        await stream.take(telemetry, atMs);
      },
      tick: () => stream.pass(clock.nowMs()),
      durable() {
        const nextOffset = held.durable(stream.durableUntilMs());
        if (nextOffset === null) return null;
        stream.seen.forgetBefore(clock.nowMs() - deps.warmMs);
        return { nextOffset, metadata: stream.seen.encode() };
      },
    };
  };
