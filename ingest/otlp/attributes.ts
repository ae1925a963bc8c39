// OTLP attributes to plain text attributes, bounded in number and length.

import type { IdentityRules } from '../../domain/identity.ts';
import type { Attributes } from '../../domain/observation.ts';
import { redactValue } from '../../domain/redaction/redact.ts';
import type { IngestLimits } from '../limits.ts';
import type { ResourceRow } from '../ports.ts';
import { cleanText } from '../text.ts';
import { asNode, child, each, field, flag, integerText, list, type Node, number, text } from './fields.ts';
import type { Tally } from './tally.ts';

export type DecodeContext = {
  readonly limits: IngestLimits;
  readonly defaultEnvironment: string;
  readonly identity: IdentityRules;
  readonly nowMs: number;
  readonly tally: Tally;
  /** Takes what is known of each resource. */
  readonly resources: ResourceRow[];
};

/** Point, record or span attributes. Too many are cut (the first ones stay), too long ones shortened; both counted. */
export function readAttributes(node: Node, context: DecodeContext): Attributes {
  if (list(node, 'attributes').length === 0) return noAttributes;
  const { limits, tally } = context;
  const result: Record<string, string> = {};
  let kept = 0;
  let cut = 0;
  each(node, 'attributes', (pair) => {
    const key = cleanText(text(pair, 'key'), limits.maxAttributeKeyChars);
    // `__proto__` would set the prototype instead of a property.
    if (key === '' || key === '__proto__' || kept >= limits.maxAttributes) {
      cut += 1;
      return;
    }
    const value = valueText(child(pair, 'value'), limits.maxAttributeValueChars, context);
    result[key] = redactValue(key, value);
    kept += 1;
  });
  tally.note('attributes-cut', cut);
  return result;
}
const noAttributes: Attributes = Object.freeze({});

/** One attribute by name, without building all of them. Empty when absent. */
export function findAttribute(node: Node, names: readonly string[], context: DecodeContext): string {
  let found = '';
  let rank = names.length;
  each(node, 'attributes', (pair) => {
    const at = names.indexOf(text(pair, 'key'));
    if (at === -1 || at >= rank) return;
    const value = valueText(child(pair, 'value'), context.limits.maxNameChars, context);
    if (value === '') return;
    found = value;
    rank = at;
  });
  return found;
}

/** Some attributes by name, without building the others; those that are empty or absent are left out. */
export function findAttributes<Name extends string>(
  node: Node,
  names: readonly Name[],
  context: DecodeContext,
): Readonly<Partial<Record<Name, string>>> {
  const found: Partial<Record<Name, string>> = {};
  each(node, 'attributes', (pair) => {
    const name = names.find((one) => one === field(pair, 'key'));
    if (name === undefined) return;
    const value = valueText(child(pair, 'value'), context.limits.maxNameChars, context);
    if (value !== '') found[name] = value;
  });
  return found;
}

/** An AnyValue as clean text: scalars as they are, arrays and maps in JSON's notation, cut at `maxChars`. */
export function valueText(value: Node | null, maxChars: number, context: DecodeContext): string {
  if (value === null) return '';
  const plain = scalarText(value);
  const raw = plain ?? composite(value, { charsLeft: maxChars * 4, depthLeft: context.limits.maxValueDepth });
  if (raw.length > maxChars) context.tally.note('text-cut');
  return cleanText(raw, maxChars);
}

/** An AnyValue as plain data: text, list or map; null when empty. What is too deep or too many is left out. */
export function plainValue(value: Node, { limits }: DecodeContext): unknown {
  return plain(value, { entriesLeft: maxPlainEntries, depthLeft: limits.maxValueDepth });
}
const maxPlainEntries = 1_000;

function plain(value: Node, room: { entriesLeft: number; depthLeft: number }): unknown {
  const scalar = scalarText(value);
  if (scalar !== null) return scalar;
  const array = child(value, 'arrayValue');
  const map = child(value, 'kvlistValue');
  if ((array === null && map === null) || room.depthLeft <= 0) return null;
  room.depthLeft -= 1;
  const entries: [string, unknown][] = [];
  each(array ?? (map as Node), 'values', (entry, index) => {
    room.entriesLeft -= 1;
    if (room.entriesLeft < 0) return;
    const inner = array === null ? child(entry, 'value') : entry;
    const key = array === null ? text(entry, 'key') : String(index);
    entries.push([key, inner === null ? null : plain(inner, room)]);
  });
  room.depthLeft += 1;
  return array === null ? Object.fromEntries(entries) : entries.map(([, entry]) => entry);
}

type Room = { charsLeft: number; depthLeft: number };

function scalarText(value: Node): string | null {
  const has = (key: string): boolean => field(value, key) !== undefined;
  if (has('stringValue')) return text(value, 'stringValue');
  if (has('intValue')) return integerText(value, 'intValue');
  if (has('doubleValue')) return String(number(value, 'doubleValue'));
  if (has('boolValue')) return String(flag(value, 'boolValue'));
  return has('bytesValue') ? text(value, 'bytesValue') : null;
}

function composite(value: Node, room: Room): string {
  const array = child(value, 'arrayValue');
  const map = child(value, 'kvlistValue');
  if (array === null && map === null) return '';
  if (room.depthLeft <= 0) return '…';
  const inner: Room = { charsLeft: room.charsLeft, depthLeft: room.depthLeft - 1 };
  const parts: string[] = [];
  for (const entry of list(array ?? (map as Node), 'values')) {
    if (inner.charsLeft <= 0) {
      parts.push('…');
      break;
    }
    const part =
      array === null ? pairText(asNode(entry ?? {}), inner) : elementText(asNode(entry ?? {}), inner);
    inner.charsLeft -= part.length + 1;
    parts.push(part);
  }
  return array === null ? `{${parts.join(',')}}` : `[${parts.join(',')}]`;
}

function pairText(pair: Node, room: Room): string {
  const value = child(pair, 'value');
  return `${JSON.stringify(text(pair, 'key'))}:${value === null ? 'null' : elementText(value, room)}`;
}

function elementText(value: Node, room: Room): string {
  const scalar = scalarText(value);
  if (scalar === null) return composite(value, room);
  return field(value, 'stringValue') === undefined ? scalar : JSON.stringify(scalar);
}
