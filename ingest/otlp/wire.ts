// Protocol Buffers decoding from a table of fields (schema.ts), over protobufjs' reader. The result has the names and
// shapes of OTLP's JSON mapping, so that one mapper serves both encodings. Fields not in the table are skipped.
// Own tables rather than generated code: 64-bit numbers are plain numbers where those hold them and bigints where not,
// depth and count are bounded, and an error says where it was. Source: protobuf.dev/programming-guides/encoding.

import protobuf from 'protobufjs/minimal.js';
import { Malformed, rethrowInside, TooMany } from './malformed.ts';

const { Reader } = protobuf;
type Reader = InstanceType<typeof Reader>;

/** What one decoding may use up. */
export type WireBudget = { messagesLeft: number; depthLeft: number };

type Read = (reader: Reader, budget: WireBudget) => unknown;
export type Field = {
  readonly name: string;
  readonly wireType: number;
  readonly read: Read;
  readonly repeated: boolean;
};
export type MessageTable = Readonly<Record<number, Field>>;

const varint = 0;
const fixed64Bits = 1;
const lengthDelimited = 2;
const fixed32Bits = 5;

function scalar(wireType: number, read: (reader: Reader) => unknown): (name: string) => Field {
  return (name) => ({ name, wireType, read, repeated: false });
}

type Number64 = number | bigint;

/** Counts and instants: past 2^53 they lose their last digits, which nobody can measure. */
const readFixed64 = (reader: Reader): number => {
  const low = reader.fixed32();
  return reader.fixed32() * 4_294_967_296 + low;
};
const readSignedFixed64 = (reader: Reader): number => {
  const low = reader.fixed32();
  return reader.sfixed32() * 4_294_967_296 + low;
};

/** Whole: attributes are ids as often as counts. A negative one is ten bytes long, in two's complement. */
function readVarint64(reader: Reader): Number64 {
  let low = 0;
  let high = 0;
  for (let index = 0; index < 10; index += 1) {
    if (reader.pos >= reader.len) throw new RangeError('a number ends in the middle');
    const byte = reader.buf[reader.pos] ?? 0;
    reader.pos += 1;
    if (index < 7) low += (byte & 0x7f) * 2 ** (7 * index);
    else high += (byte & 0x7f) * 2 ** (7 * (index - 7));
    if (byte < 0x80) return high === 0 ? low : joined(low, high);
  }
  throw new RangeError('a number of more than ten bytes');
}

function joined(low: number, high: number): Number64 {
  const whole = BigInt.asIntN(64, (BigInt(high) << 49n) | BigInt(low));
  const plain = Number(whole);
  return Number.isSafeInteger(plain) ? plain : whole;
}

const readUnsigned64 = (reader: Reader): number => {
  const value = readVarint64(reader);
  return typeof value === 'number' && value >= 0 ? value : Number(BigInt.asUintN(64, BigInt(value)));
};

export const string = scalar(lengthDelimited, (reader) => reader.string());
export const bool = scalar(varint, (reader) => reader.bool());
export const int32 = scalar(varint, (reader) => reader.int32());
export const uint32 = scalar(varint, (reader) => reader.uint32());
export const sint32 = scalar(varint, (reader) => reader.sint32());
export const int64 = scalar(varint, readVarint64);
export const double = scalar(fixed64Bits, (reader) => reader.double());
export const fixed64 = scalar(fixed64Bits, readFixed64);
export const fixed32 = scalar(fixed32Bits, (reader) => reader.fixed32());
export const sfixed64 = scalar(fixed64Bits, readSignedFixed64);
export const hex = scalar(lengthDelimited, (reader) => Buffer.from(reader.bytes()).toString('hex'));
export const base64 = scalar(lengthDelimited, (reader) => Buffer.from(reader.bytes()).toString('base64'));

const repeatedScalar =
  (wireType: number, read: (reader: Reader) => number) =>
  (name: string): Field => ({ name, wireType, read, repeated: true });
export const doubles = repeatedScalar(fixed64Bits, (reader) => reader.double());
export const fixed64s = repeatedScalar(fixed64Bits, readFixed64);
export const uint64s = repeatedScalar(varint, readUnsigned64);

/** A sub-message; the table is a function because AnyValue contains itself. */
export function message(name: string, table: () => MessageTable): Field {
  return {
    name,
    wireType: lengthDelimited,
    read: (reader, budget) => readSized(reader, table(), budget),
    repeated: false,
  };
}
export function messages(name: string, table: () => MessageTable): Field {
  return { ...message(name, table), repeated: true };
}

/** Decodes one whole message. Throws `Malformed` (with path and byte offset) or `TooMany`. */
export function decodeMessage(bytes: Uint8Array, table: MessageTable, budget: WireBudget): unknown {
  const reader = Reader.create(bytes);
  return readFields(reader, reader.len, table, budget);
}

function readSized(reader: Reader, table: MessageTable, budget: WireBudget): unknown {
  const size = reader.uint32();
  const end = reader.pos + size;
  if (end > reader.len) throw new RangeError(`a message of ${size} bytes is longer than what is left`);
  const outerLen = reader.len;
  reader.len = end;
  budget.depthLeft -= 1;
  const result = readFields(reader, end, table, budget);
  budget.depthLeft += 1;
  reader.len = outerLen;
  return result;
}

function readFields(reader: Reader, end: number, table: MessageTable, budget: WireBudget): unknown {
  if (budget.depthLeft < 0) throw new Malformed('nested too deep');
  budget.messagesLeft -= 1;
  if (budget.messagesLeft < 0) throw new TooMany('more messages in one request than are accepted');
  const target: Record<string, unknown> = {};
  while (reader.pos < end) {
    const at = reader.pos;
    let field: Field | undefined;
    try {
      const tag = reader.uint32();
      if (tag >>> 3 === 0) throw new Malformed('field number 0');
      field = table[tag >>> 3];
      if (field === undefined) reader.skipType(tag & 7);
      else if (field.repeated) readRepeated(reader, field, tag & 7, listIn(target, field.name), budget);
      else {
        expectWireType(field, tag & 7);
        target[field.name] = field.read(reader, budget);
      }
    } catch (error) {
      rethrowInside(located(error, at), segmentOf(field, target));
    }
  }
  return target;
}

function listIn(target: Record<string, unknown>, name: string): unknown[] {
  const existing = target[name];
  if (existing !== undefined) return existing as unknown[];
  const fresh: unknown[] = [];
  target[name] = fresh;
  return fresh;
}

function segmentOf(field: Field | undefined, target: Record<string, unknown>): string {
  if (field === undefined) return '(unknown field)';
  return field.repeated ? `${field.name}[${(target[field.name] as unknown[]).length}]` : field.name;
}

function readRepeated(
  reader: Reader,
  field: Field,
  wireType: number,
  list: unknown[],
  budget: WireBudget,
): void {
  if (wireType === lengthDelimited && field.wireType !== lengthDelimited) {
    const size = reader.uint32();
    const end = reader.pos + size;
    if (end > reader.len) throw new RangeError(`a list of ${size} bytes is longer than what is left`);
    budget.messagesLeft -= size >> 3;
    while (reader.pos < end) list.push(field.read(reader, budget));
    return;
  }
  expectWireType(field, wireType);
  list.push(field.read(reader, budget));
}

function expectWireType(field: Field, wireType: number): void {
  if (wireType !== field.wireType)
    throw new Malformed(`wire type ${wireType} where ${field.wireType} belongs`);
}

/** protobufjs reports a truncated or overlong value as a plain error; say at which byte its field starts. */
function located(error: unknown, at: number): unknown {
  if (error instanceof Malformed || error instanceof TooMany) return error;
  const problem = error instanceof Error ? error.message : String(error);
  return new Malformed(`not valid protobuf at byte ${at} (${problem})`);
}
