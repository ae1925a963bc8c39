// The messages of both versions as tables for the wire reader. Sources: prometheus.io/docs/specs/prw/remote_write_spec and
// remote_write_spec_2_0; the fields are those of prometheus.WriteRequest and io.prometheus.write.v2.Request.

import {
  double,
  doubles,
  type Field,
  int32,
  int64,
  type MessageTable,
  message,
  messages,
  string,
  uint32,
  uint64s,
} from '../../otlp/wire.ts';

/** A value that says: the series has ended. */
export const staleMarker = 'stale';

const repeated = (field: Field): Field => ({ ...field, repeated: true });

/** NaN has many spellings; this one is no value. Source: the specification, "Stale Markers". */
const value = (name: string): Field => ({
  ...double(name),
  read: (reader) => {
    const at = reader.pos;
    const read = reader.double();
    return Number.isNaN(read) && isStale(reader.buf, at) ? staleMarker : read;
  },
});

function isStale(bytes: Uint8Array, at: number): boolean {
  const marker = [0x02, 0, 0, 0, 0, 0, 0xf0, 0x7f];
  return marker.every((byte, index) => bytes[at + index] === byte);
}

/** Differences between neighbouring buckets, past 2^53 without their last digits. */
const signed64s = (name: string): Field => ({
  ...uint64s(name),
  read: (reader) => Number(reader.sint64()),
});

const sint32 = (name: string): Field => ({ ...int32(name), read: (reader) => reader.sint32() });
const uint64 = (name: string): Field => ({ ...uint64s(name), repeated: false });

const label: MessageTable = { 1: string('name'), 2: string('value') };
const sample: MessageTable = { 1: value('value'), 2: int64('timestamp'), 3: int64('startTimestamp') };
const span: MessageTable = { 1: sint32('offset'), 2: uint32('length') };
const histogram: MessageTable = {
  3: value('sum'),
  4: sint32('schema'),
  5: double('zeroThreshold'),
  6: uint64('zeroCountInt'),
  7: double('zeroCountFloat'),
  8: messages('negativeSpans', () => span),
  9: signed64s('negativeDeltas'),
  10: doubles('negativeCounts'),
  11: messages('positiveSpans', () => span),
  12: signed64s('positiveDeltas'),
  13: doubles('positiveCounts'),
  14: int32('resetHint'),
  15: int64('timestamp'),
  16: doubles('customValues'),
  17: int64('startTimestamp'),
};
/** Counted, not kept: what is in it does not matter. */
const exemplar: MessageTable = {};

const series1: MessageTable = {
  1: messages('labels', () => label),
  2: messages('samples', () => sample),
  3: messages('exemplars', () => exemplar),
  4: messages('histograms', () => histogram),
};
const metadata1: MessageTable = { 1: int32('type'), 2: string('metricFamilyName') };

const metadata2: MessageTable = { 1: int32('type'), 4: uint32('unitRef') };
const series2: MessageTable = {
  1: repeated(uint32('labelsRefs')),
  2: messages('samples', () => sample),
  3: messages('histograms', () => histogram),
  4: messages('exemplars', () => exemplar),
  5: message('metadata', () => metadata2),
  // Where earlier drafts have what every sample has now.
  6: int64('createdTimestamp'),
};

export type RemoteWriteVersion = '1.0' | '2.0';

export const requestOf: Readonly<Record<RemoteWriteVersion, MessageTable>> = {
  '1.0': { 1: messages('timeseries', () => series1), 3: messages('metadata', () => metadata1) },
  '2.0': { 4: repeated(string('symbols')), 5: messages('timeseries', () => series2) },
};
