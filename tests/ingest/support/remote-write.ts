// Write requests of both versions for tests: described once, encoded with the published message definitions.

import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import snappyjs from 'snappyjs';
import { nowMs } from './otlp.ts';

const { root } = protobuf.parse(readFileSync(new URL('./remote-write.proto', import.meta.url), 'utf8'));

export const versions = ['1.0', '2.0'] as const;
export type Version = (typeof versions)[number];

/** As protobuf's JSON mapping has them, in lowerCamelCase. */
type Fields = Readonly<Record<string, unknown>>;

type TestSample = { readonly value: number; readonly atMs: number; readonly startMs?: number };

export type TestSeries = {
  readonly labels: Readonly<Record<string, string>>;
  /** Values at `nowMs`, or with an instant of their own. */
  readonly samples?: readonly (number | TestSample)[];
  readonly histograms?: readonly Fields[];
  readonly exemplars?: number;
  /** Told with each series by version 2.0, by itself by version 1.0. */
  readonly type?: number;
};

export const counterType = 1;
export const gaugeType = 2;
export const histogramType = 3;
export const summaryType = 5;

export function series(
  name: string,
  labels: Readonly<Record<string, string>>,
  ...samples: NonNullable<TestSeries['samples']>
): TestSeries {
  return { labels: { __name__: name, job: 'orders', instance: 'orders-1:80', ...labels }, samples };
}

const samplesOf = ({ samples = [] }: TestSeries) =>
  samples.map((one) =>
    typeof one === 'number'
      ? { value: one, timestamp: nowMs }
      : { value: one.value, timestamp: one.atMs, startTimestamp: one.startMs ?? 0 },
  );

export function encodeWrite(
  version: Version,
  all: readonly TestSeries[],
  metadata: Fields[] = [],
): Uint8Array {
  if (version === '1.0') {
    const timeseries = all.map((one) => ({
      labels: Object.entries(one.labels).map(([name, value]) => ({ name, value })),
      samples: samplesOf(one),
      histograms: one.histograms ?? [],
      exemplars: Array.from({ length: one.exemplars ?? 0 }, () => ({ value: 1, timestamp: nowMs })),
    }));
    return encoded('RequestV1', { timeseries, metadata });
  }
  const symbols = [''];
  const refOf = (text: string): number => {
    const known = symbols.indexOf(text);
    return known === -1 ? symbols.push(text) - 1 : known;
  };
  const timeseries = all.map((one) => ({
    labelsRefs: Object.entries(one.labels).flatMap(([name, value]) => [refOf(name), refOf(value)]),
    samples: samplesOf(one),
    histograms: one.histograms ?? [],
    exemplars: Array.from({ length: one.exemplars ?? 0 }, () => ({ value: 1, timestamp: nowMs })),
    metadata: { type: one.type ?? 0 },
  }));
  return encoded('RequestV2', { symbols, timeseries });
}

export function encoded(type: string, fields: Fields): Uint8Array {
  const message = root.lookupType(type);
  return withEnds(message.encode(message.fromObject(fields)).finish());
}

/** Stands for the end of a series: JavaScript keeps no particular NaN, so it is put into the encoded body. */
export const ends = 123_456_789.125;
const endMark = Buffer.alloc(8);
endMark.writeDoubleLE(ends);
const staleMarker = Buffer.from('020000000000f07f', 'hex');

function withEnds(body: Uint8Array): Uint8Array {
  const bytes = Buffer.from(body);
  for (let at = bytes.indexOf(endMark); at !== -1; at = bytes.indexOf(endMark, at + 8))
    staleMarker.copy(bytes, at);
  return bytes;
}

const protoOf = { '1.0': 'prometheus.WriteRequest', '2.0': 'io.prometheus.write.v2.Request' } as const;

export const writeHeaders = (version: Version): Record<string, string> => ({
  'content-type': `application/x-protobuf;proto=${protoOf[version]}`,
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': version === '1.0' ? '0.1.0' : '2.0.0',
  authorization: 'Bearer good',
});

export const snapped = (body: Uint8Array): Uint8Array => snappyjs.compress(body);
