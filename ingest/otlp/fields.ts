// Checked access to the fields of a decoded OTLP message, whichever encoding it came in. An absent field (or JSON
// null) is its proto3 default; a field of the wrong type is `Malformed`, with the path to it.

import { Malformed, rethrowInside } from './malformed.ts';

export type Node = Readonly<Record<string, unknown>>;

export function asNode(value: unknown): Node {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Malformed(`expected an object, got ${kindOf(value)}`);
  }
  return value as Node;
}

/** The sub-message, or null when absent. */
export function child(node: Node, key: string): Node | null {
  const value = node[key];
  if (value === undefined || value === null) return null;
  try {
    return asNode(value);
  } catch (error) {
    return rethrowInside(error, key);
  }
}

/** Calls `visit` for every entry of a repeated message; errors inside carry `key[index]`. */
export function each(node: Node, key: string, visit: (entry: Node, index: number) => void): void {
  const values = list(node, key);
  for (let index = 0; index < values.length; index += 1) {
    try {
      visit(asNode(values[index]), index);
    } catch (error) {
      rethrowInside(error, `${key}[${index}]`);
    }
  }
}

export function list(node: Node, key: string): readonly unknown[] {
  const value = node[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Malformed(`expected an array, got ${kindOf(value)}`).inside(key);
  return value;
}

export function text(node: Node, key: string): string {
  const value = node[key];
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw new Malformed(`expected a string, got ${kindOf(value)}`).inside(key);
}

export function flag(node: Node, key: string): boolean {
  const value = node[key];
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw new Malformed(`expected true or false, got ${kindOf(value)}`).inside(key);
}

/** A number; JSON may carry it as text (64-bit integers, NaN and the infinities). Null when absent. */
export function optionalNumber(node: Node, key: string): number | null {
  const value = node[key];
  if (value === undefined || value === null) return null;
  return toNumber(value, key);
}

export function number(node: Node, key: string): number {
  return optionalNumber(node, key) ?? 0;
}

export function numbers(node: Node, key: string): readonly number[] {
  const values = list(node, key);
  // Protobuf already made them numbers.
  return values.every((value) => typeof value === 'number')
    ? (values as readonly number[])
    : values.map((value, index) => toNumber(value, `${key}[${index}]`));
}

const decimal = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

function toNumber(value: unknown, where: string): number {
  if (typeof value === 'number') return value;
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
