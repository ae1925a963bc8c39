// What the records of a topic of telemetry are read as, by its encoding: poison goes to the dead letters, changes to the inbox, and
// the rest is for detection.

import type { Inbox } from '../ports.ts';
import { type SiftDeps, sifting } from './dead-letters.ts';
import { decodeObservations } from './decode.ts';
import { decodeOtlpRecord, type OtlpForm } from './decode-otlp.ts';
import type { Telemetry } from './detection-stream.ts';
import type { Position, StreamRecord } from './ports.ts';

export type ReadDeps = SiftDeps & { readonly inbox: Pick<Inbox, 'put'>; readonly wake: () => void };

/** Throws while a store is away; nothing was counted then. `counted` is to be called once the records are taken. */
export type ReadRecords = (
  records: readonly StreamRecord[],
  position: Position,
) => Promise<{ readonly telemetry: Telemetry; readonly counted: () => void }>;

/** Whoever may write to the topic vouches for what is in it. */
const senderOf = ({ topic }: Position) => ({ id: `kafka:${topic}`, vouched: true });

/** Of one partition. */
export function readSentinelJson(deps: ReadDeps): ReadRecords {
  const sifted = sifting(decodeObservations, deps);
  return async (records, position) => {
    const { inbox, metrics, wake } = deps;
    const decoded = await sifted(records, position);
    const items = decoded.flatMap((one) => one.items);
    if (items.length > 0 && (await inbox.put(items)) > 0) wake();
    const observations = decoded.flatMap((one) => one.observations);
    return {
      telemetry: { observations, requests: [], sender: senderOf(position) },
      counted() {
        metrics.count('sentinel_ingest_observations_total', { signal: 'kafka' }, observations.length);
        for (const reason of decoded.flatMap((one) => one.outOfTime))
          metrics.count('sentinel_ingest_rejected_total', { signal: 'kafka', reason });
      },
    };
  };
}

/** Of one partition. */
export function readOtlp(form: OtlpForm, deps: ReadDeps): ReadRecords {
  const sifted = sifting(decodeOtlpRecord(form), deps);
  return async (records, position) => {
    const requests = await sifted(records, position);
    // The pipeline counts requests by itself, as those that come over HTTP.
    return { telemetry: { observations: [], requests, sender: senderOf(position) }, counted() {} };
  };
}
