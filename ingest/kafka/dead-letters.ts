// Decodes records of a partition; what is poison is in the dead-letter topic before anything else happens.

import type { Notes } from '../notes.ts';
import type { Clock, Logger, Metrics } from '../ports.ts';
import { cleanText } from '../text.ts';
import type { DecodeContext, Decoding } from './decode.ts';
import type { DeadLetter, DeadLetters, Position, ReplayClaims, StreamRecord } from './ports.ts';

export type SiftDeps = Omit<DecodeContext, 'nowMs'> & {
  readonly deadLetters: DeadLetters;
  readonly replays: ReplayClaims;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Without, the dead letters and the log are all that tells of poison. */
  readonly notes?: Pick<Notes, 'refused'> | undefined;
};

type Decode<T> = (record: StreamRecord, position: Position, context: DecodeContext) => Decoding<T>;

/**
 * Of one partition: the usable records. Throws when dead letters could not be written; nothing was taken then. Records that come
 * again, because what they led to could not be stored, have their dead letters already.
 */
export function sifting<T>(
  decode: Decode<T>,
  deps: SiftDeps,
): (records: readonly StreamRecord[], position: Position) => Promise<readonly T[]> {
  let written: readonly StreamRecord[] = [];
  const hasLetter = ({ offset, timestampMs }: StreamRecord): boolean =>
    written.some((known) => known.offset === offset && known.timestampMs === timestampMs);
  return async (records, position) => {
    const { good, letters } = await sift(records, position, decode, deps);
    await write(
      letters.filter(({ record }) => !hasLetter(record)),
      position,
      deps,
    );
    written = letters.map(({ record }) => record);
    return good;
  };
}

type Sifted<T> = { readonly good: readonly T[]; readonly letters: readonly DeadLetter[] };

async function sift<T>(
  records: readonly StreamRecord[],
  position: Position,
  decode: Decode<T>,
  deps: SiftDeps,
): Promise<Sifted<T>> {
  const context: DecodeContext = { ...deps, nowMs: deps.clock.nowMs() };
  const good: T[] = [];
  const letters: DeadLetter[] = [];
  for (const given of records) {
    const record = await claimed(given, position, deps);
    if (record === null) continue;
    const { unreadable } = record;
    if (unreadable !== undefined) {
      // One letter has the whole batch.
      if (unreadable !== '')
        letters.push({ source: position, record, reason: 'unreadable', detail: unreadable });
      continue;
    }
    const decoding = decode(record, position, context);
    if (decoding.ok) good.push(decoding.record);
    else letters.push({ source: position, record, ...decoding.poison });
  }
  return { good, letters };
}

async function write(
  letters: readonly DeadLetter[],
  position: Position,
  { deadLetters, metrics, log, notes, clock }: SiftDeps,
): Promise<void> {
  const [first] = letters;
  if (first === undefined) return;
  await deadLetters.put(letters);
  for (const { record, reason, detail } of letters) {
    metrics.count('sentinel_kafka_dead_letters_total', { topic: position.topic, reason });
    const example = `offset ${record.offset} of partition ${position.partition}: ${detail}`;
    const row = { ...placeOf(record), signal: position.topic, reason, records: 1, example };
    notes?.refused({ ...row, atMs: clock.nowMs() });
  }
  log.warn(
    { ...position, count: letters.length, offset: String(first.record.offset), detail: first.detail },
    'records went to the dead-letter topic',
  );
}

/** Whom an unusable record is about: by its key, `environment/service`, when it has such a one. */
function placeOf({ key }: StreamRecord): { environment: string; service: string } {
  const text = key === null ? '' : cleanText(Buffer.from(key).toString(), 400);
  const slash = text.indexOf('/');
  return { environment: text.slice(0, Math.max(0, slash)), service: text.slice(slash + 1) };
}

/** Null when it was sent for a dead letter that another record was taken for already. */
async function claimed(
  record: StreamRecord,
  position: Position,
  { replays, metrics }: SiftDeps,
): Promise<StreamRecord | null> {
  const { replay, ...plain } = record;
  if (replay === undefined) return record;
  const claim = await replays.claim(replay, { ...position, offset: record.offset });
  if (claim === 'ignore') metrics.count('sentinel_kafka_replays_ignored_total', { topic: position.topic });
  if (claim === 'take') return record;
  return claim === 'ignore' ? null : plain;
}
