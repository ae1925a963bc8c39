// How fast write requests of a Prometheus get through snappy, decode and detect, in one process on one core, by both versions of the
// protocol: a tenth of the series are pieces of classic histograms. Prints one JSON line. `ratio` compares with JSON.parse of the same
// series as JSON: a yardstick that moves with the machine.
//
// node bench/remote-write.ts [--seconds 3]

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import protobuf from 'protobufjs';
import snappyjs from 'snappyjs';
import { detectionConfigSchema } from '../domain/detection/config.ts';
import { createDetectionEngine } from '../domain/detection/engine.ts';
import { defaultLimits } from '../ingest/limits.ts';
import { settings as schema } from '../ingest/sources/prometheus-remote-write/config.ts';
import { createWriteMemory, decodeWrite } from '../ingest/sources/prometheus-remote-write/decode.ts';

/** The published message definitions. */
const { root } = protobuf.parse(
  readFileSync(new URL('../tests/ingest/support/remote-write.proto', import.meta.url), 'utf8'),
);
type Version = '1.0' | '2.0';
type Series = {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly atMs: number;
};

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } });
const budgetMs = Number(values.seconds) * 1_000;
const firstMs = Date.now() - 30 * 60_000;
const scrapeMs = 15_000;
/** As many as a batch of Prometheus holds by default. */
const samplesPerRequest = 2_000;
const scrapes = 40;

/** What one batch of a scrape holds: ten targets with the labels that a cluster gives them. */
function batch(scrape: number): readonly Series[] {
  const atMs = firstMs + scrape * scrapeMs;
  return Array.from({ length: samplesPerRequest }, (_, index) => {
    const target = index % 10;
    const labels = {
      ...{
        job: `service-${target % 5}`,
        instance: `10.0.0.${target}:8080`,
        namespace: 'shop',
        cluster: 'eu-1',
      },
      ...{ environment: 'bench', pod: `service-${target % 5}-6d5f8c9b7d-x2x4${target}`, method: 'GET' },
    };
    const family = Math.floor(index / 200) % 10;
    const bucket = index % 200;
    const named =
      family === 0
        ? {
            __name__: 'lag_seconds_bucket',
            le: bucket >= 190 ? '+Inf' : String(Math.floor(bucket / 10) / 10),
            ...labels,
          }
        : {
            __name__: `metric_${Math.floor(index / 40)}${family % 2 === 0 ? '_total' : ''}`,
            route: `/r${index % 40}`,
            ...labels,
          };
    return { labels: named, value: scrape * (1 + bucket), atMs };
  });
}

function encoded(version: Version, all: readonly Series[]): Uint8Array {
  const symbols = new Map([['', 0]]);
  const refOf = (text: string): number => {
    const known = symbols.get(text) ?? symbols.size;
    symbols.set(text, known);
    return known;
  };
  const timeseries = all.map(({ labels, value, atMs }) => {
    const samples = [{ value, timestamp: atMs }];
    const pairs = Object.entries(labels);
    return version === '1.0'
      ? { samples, labels: pairs.map(([name, text]) => ({ name, value: text })) }
      : { samples, labelsRefs: pairs.flatMap(([name, text]) => [refOf(name), refOf(text)]) };
  });
  const type = root.lookupType(version === '1.0' ? 'RequestV1' : 'RequestV2');
  return type.encode(type.fromObject({ timeseries, symbols: [...symbols.keys()] })).finish();
}

const settings = schema.parse({});
const prepared = Array.from({ length: scrapes }, (_, scrape) => {
  const series = batch(scrape);
  const packed = (version: Version) => snappyjs.compress(encoded(version, series));
  return {
    atMs: firstMs + scrape * scrapeMs,
    json: JSON.stringify(series),
    '1.0': packed('1.0'),
    '2.0': packed('2.0'),
  };
});
type Prepared = (typeof prepared)[number];

/** Samples per second of `work` over the scrapes, again and again until the time is over. */
function measure(start: () => (request: Prepared) => void): number {
  const runs = (ms: number): number => {
    let samples = 0;
    const began = performance.now();
    while (performance.now() - began < ms) {
      const work = start();
      for (const request of prepared) work(request);
      samples += prepared.length * samplesPerRequest;
    }
    return Math.round((samples / (performance.now() - began)) * 1_000);
  };
  runs(budgetMs / 4);
  return runs(budgetMs);
}

function decoder(version: Version) {
  const memory = createWriteMemory(settings);
  return (request: Prepared) =>
    decodeWrite(version, snappyjs.uncompress(request[version]), {
      ...{ limits: defaultLimits, defaultEnvironment: 'bench', nowMs: request.atMs, settings, memory },
    });
}
function withDetection(version: Version) {
  const decode = decoder(version);
  const engine = createDetectionEngine(detectionConfigSchema.parse({}));
  return (request: Prepared) => engine.observe(decode(request).observations, request.atMs);
}

const reference = measure(
  () =>
    ({ json }) =>
      JSON.parse(json),
);
const rates = Object.fromEntries(
  (['1.0', '2.0'] as const).map((version) => {
    const decodeOnly = measure(() => decoder(version));
    const whole = measure(() => withDetection(version));
    return [
      version,
      { decodePerSecond: decodeOnly, perSecond: whole, ratio: Number((decodeOnly / reference).toFixed(3)) },
    ];
  }),
);
process.stdout.write(`${JSON.stringify({ bench: 'remote-write', unit: 'samples', reference, ...rates })}\n`);
