// Topics of telemetry that are keyed by nothing that matters here, as the Collector writes them: a service is on any of their
// partitions, its calls on one topic and its logs on another. So one detection engine stands behind all that this process reads of
// them, and the group gives them to one process as a whole (adapters/kafka/together.ts).

import type { Services } from '../warm.ts';
import { type DetectionStream, openStream, recordsAtOnce, type StreamDeps } from './detection-stream.ts';
import { HeldOffsets } from './held-offsets.ts';
import type { OpenWorker, Position } from './ports.ts';
import type { ReadRecords } from './read-records.ts';
import { decodeServices } from './services-seen.ts';

type Member = { readonly position: Position; readonly services: Services };

/** `readOf`: how the records of each topic are read. */
export function telemetryTopics(deps: StreamDeps, readOf: (topic: string) => ReadRecords): OpenWorker {
  const { clock, warmMs } = deps;
  const members = new Set<Member>();
  /** Partitions that were read to their end when time last passed for them. */
  const idle = new Set<Member>();
  let stream: Promise<DetectionStream> | null = null;

  /** Opened with the first records: all partitions have said by then which services they carried. */
  function opened(): Promise<DetectionStream> {
    stream ??= openStream(deps, union([...members].map(({ services }) => services)));
    return stream;
  }

  return async (position, metadata) => {
    const read = readOf(position.topic);
    const member: Member = { position, services: decodeServices(metadata) };
    const held = new HeldOffsets();
    let own: DetectionStream | null = null;
    members.add(member);
    return {
      recordsAtOnce,
      async take(records) {
        idle.delete(member);
        const wanted = held.fresh(records);
        const { telemetry, counted } = await read(wanted, position);
        own ??= await opened();
        const atMs = clock.nowMs();
        const last = wanted.at(-1);
        if (last !== undefined) {
          held.taken(last.offset, atMs);
          counted();
        }
        await own.take(telemetry, atMs);
      },
      async tick() {
        idle.add(member);
        // Records that wait on one partition look like silence on the others.
        if (idle.size < members.size) return;
        idle.clear();
        own ??= await opened();
        await own.pass(clock.nowMs());
      },
      durable() {
        const nextOffset = own === null ? null : held.durable(own.durableUntilMs());
        if (own === null || nextOffset === null) return null;
        own.seen.forgetBefore(clock.nowMs() - warmMs);
        return { nextOffset, metadata: own.seen.encode() };
      },
      close() {
        members.delete(member);
        idle.delete(member);
        if (members.size === 0) stream = null;
      },
    };
  };
}

function union(all: readonly Services[]): Services {
  const names = new Map<string, Set<string>>();
  for (const services of all)
    for (const [environment, some] of services)
      names.set(environment, new Set([...(names.get(environment) ?? []), ...some]));
  return new Map([...names].map(([environment, some]) => [environment, [...some]]));
}
