// Which signal an OTLP export request carries, from the request itself: a topic may hold all three, and nothing in Kafka says which.
// As Protobuf they look alike down to the items, which tell themselves apart by fields that one signal alone has.

import protobuf from 'protobufjs/minimal.js';
import type { OtlpEncoding, OtlpSignal } from './decode.ts';

const { Reader } = protobuf;
type Reader = InstanceType<typeof Reader>;

const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;

const byFirstName: Readonly<Record<string, OtlpSignal>> = {
  metrics: 'metrics',
  logs: 'logs',
  spans: 'traces',
};
const firstName = /^\s*\{\s*"resource_?(metrics|logs|spans)"/i;
const nothing = /^\s*\{\s*\}\s*$/;
/** As far as the first name can be from the beginning. */
const headBytes = 256;

/** Null when it cannot be told. A request without items is one of metrics, of which there are none. */
export function recogniseSignal(encoding: OtlpEncoding, body: Uint8Array): OtlpSignal | null {
  if (encoding === 'protobuf') return recogniseProtobuf(body);
  const head = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, headBytes)).toString();
  const [, name] = firstName.exec(head) ?? [];
  if (name !== undefined) return byFirstName[name.toLowerCase()] ?? null;
  return nothing.test(head) ? 'metrics' : null;
}

function recogniseProtobuf(body: Uint8Array): OtlpSignal | null {
  let items = 0;
  try {
    for (const resource of messagesIn(body, 1))
      for (const scope of messagesIn(resource, 2))
        for (const item of messagesIn(scope, 2)) {
          items += 1;
          const signal = signalOf(item);
          if (signal !== null) return signal;
        }
  } catch {
    return null;
  }
  return items === 0 ? 'metrics' : null;
}

/** The messages under one field number, one after the other. Throws for what is no Protobuf. */
function* messagesIn(bytes: Uint8Array, number: number): Generator<Uint8Array> {
  const reader = Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === number && (tag & 7) === lengthDelimited) yield reader.bytes();
    else reader.skipType(tag & 7);
  }
}

/** Source: opentelemetry-proto, `Span`, `LogRecord` and `Metric`. */
function signalOf(item: Uint8Array): OtlpSignal | null {
  const types = wireTypes(item);
  const has = (number: number, type: number): boolean => types.get(number) === type;
  // The start and the end of a span; a metric has a sum at 7.
  if (has(7, fixed64) || has(8, fixed64)) return 'traces';
  // When it happened, or was seen.
  if (has(1, fixed64) || has(11, fixed64)) return 'logs';
  // A span without instants has its status, or the flags of one.
  if (has(15, lengthDelimited) || has(16, fixed32)) return 'traces';
  if (has(1, lengthDelimited))
    return [5, 7, 9, 10, 11].some((number) => has(number, lengthDelimited)) ? 'metrics' : null;
  // A severity, its text, a body: a log record without an instant.
  return has(2, varint) || has(3, lengthDelimited) || has(5, lengthDelimited) ? 'logs' : null;
}

function wireTypes(item: Uint8Array): ReadonlyMap<number, number> {
  const reader: Reader = Reader.create(item);
  const types = new Map<number, number>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    types.set(tag >>> 3, tag & 7);
    reader.skipType(tag & 7);
  }
  return types;
}
