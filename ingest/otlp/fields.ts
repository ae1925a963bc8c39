// Checked access to the fields of a decoded OTLP message, whichever encoding it came in. An absent field (or JSON
// null) is its proto3 default; a field of the wrong type is `Malformed`, with the path to it. Names are taken in
// lowerCamelCase and, as proto3's JSON mapping wants of every parser, as the .proto files have them (snake_case).

import { Malformed, rethrowInside } from './malformed.ts';

export type Node = Readonly<Record<string, unknown>>;

const protoNames = new Map<string, string>();

function protoName(key: string): string {
  let name = protoNames.get(key);
  if (name === undefined) {
    name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    protoNames.set(key, name);
  }
  return name;
}

/** The raw value; undefined when the field is absent or null. */
export function field(node: Node, key: string): unknown {
  return node[key] ?? node[protoName(key)] ?? undefined;
}

export function asNode(value: unknown): Node {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Malformed(`expected an object, got ${kindOf(value)}`);
  }
  return value as Node;
}

/** The sub-message, or null when absent. */
export function child(node: Node, key: string): Node | null {
  const value = field(node, key);
  if (value === undefined) return null;
  try {
    return asNode(value);
  } catch (error) {
    return rethrowInside(error, key);
  }
}

/** Calls `visit` for every entry of a repeated message (null is an empty one); errors inside carry `key[index]`. */
export function each(node: Node, key: string, visit: (entry: Node, index: number) => void): void {
  const values = list(node, key);
  for (let index = 0; index < values.length; index += 1) {
    try {
      visit(asNode(values[index] ?? {}), index);
    } catch (error) {
      rethrowInside(error, `${key}[${index}]`);
    }
  }
}

export function list(node: Node, key: string): readonly unknown[] {
  const value = field(node, key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Malformed(`expected an array, got ${kindOf(value)}`).inside(key);
  return value;
}

export function text(node: Node, key: string): string {
  const value = field(node, key);
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  throw new Malformed(`expected a string, got ${kindOf(value)}`).inside(key);
}

export function flag(node: Node, key: string): boolean {
  const value = field(node, key);
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw new Malformed(`expected true or false, got ${kindOf(value)}`).inside(key);
}

/** A number; JSON may carry it as text (64-bit integers, NaN and the infinities). Null when absent. */
export function optionalNumber(node: Node, key: string): number | null {
  const value = field(node, key);
  if (value === undefined) return null;
  return toNumber(value, key);
}

export function number(node: Node, key: string): number {
  return optionalNumber(node, key) ?? 0;
}

/** A 64-bit integer as its decimal digits, all of them: ids are compared as text, and a double holds only 53 bits. */
export function integerText(node: Node, key: string): string {
  const value = field(node, key);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string' && /^[+-]?\d{1,39}$/.test(value)) return String(BigInt(value));
  return String(number(node, key));
}

/**
 * An enum, which JSON may carry as number or by name: the name's number in `names`. A name that is not there is what
 * proto3 calls an unknown value: 0, as for an absent field.
 */
export function choice(node: Node, key: string, names: Readonly<Record<string, number>>): number {
  const value = field(node, key);
  if (typeof value === 'string' && /^[A-Z]/i.test(value) && special[value] === undefined)
    return names[value.toUpperCase()] ?? 0;
  return number(node, key);
}

export function numbers(node: Node, key: string): readonly number[] {
  const values = list(node, key);
  // Protobuf already made them numbers.
  return values.every((value) => typeof value === 'number')
    ? (values as readonly number[])
    : values.map((value, index) => toNumber(value, `${key}[${index}]`));
}

const decimal = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;
/** As proto3's JSON mapping spells them, and as Prometheus and Go do. */
const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '+Infinity': Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
};

function toNumber(value: unknown, where: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && value.length <= 40) {
    if (decimal.test(value)) return Number(value);
    const named = special[value];
    if (named !== undefined) return named;
  }
  throw new Malformed(`expected a number, got ${kindOf(value)}`).inside(where);
}

/** Nanoseconds since the epoch to milliseconds, to the microsecond (a double holds no more); 0 when absent. */
export function millis(node: Node, key: string): number {
  return roundToMicros(number(node, key) / 1e6);
}

export function roundToMicros(milliseconds: number): number {
  return Math.round(milliseconds * 1e3) / 1e3;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
