// Decodes records of a partition; what is poison is in the dead-letter topic before anything else happens.

import type { Clock, Logger, Metrics } from '../ports.ts';
import type { DecodeContext, DecodedRecord, Decoding } from './decode.ts';
import type { DeadLetter, DeadLetters, Position, StreamRecord } from './ports.ts';

export type SiftDeps = Omit<DecodeContext, 'nowMs'> & {
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
};

type Decode = (record: StreamRecord, position: Position, context: DecodeContext) => Decoding;

/** The usable records. Throws when dead letters could not be written; nothing was taken then. */
export async function sift(
  records: readonly StreamRecord[],
  position: Position,
  decode: Decode,
  deps: SiftDeps,
): Promise<readonly DecodedRecord[]> {
  const { metrics, log } = deps;
  const context: DecodeContext = { ...deps, nowMs: deps.clock.nowMs() };
  const good: DecodedRecord[] = [];
  const letters: DeadLetter[] = [];
  for (const record of records) {
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
  if (letters.length > 0) {
    await deps.deadLetters.put(letters);
    for (const { reason } of letters)
      metrics.count('sentinel_kafka_dead_letters_total', { topic: position.topic, reason });
    const [first] = letters;
    log.warn(
      { ...position, count: letters.length, offset: String(first?.record.offset), detail: first?.detail },
      'records went to the dead-letter topic',
    );
  }
  return good;
}
