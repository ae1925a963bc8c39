// OTLP attributes to plain text attributes, bounded in number and length; and the resource to a scope.

import type { Attributes } from '../../domain/observation.ts';
import type { Scope } from '../../domain/scope.ts';
import type { IngestLimits } from '../limits.ts';
import { cleanText } from '../text.ts';
import { asNode, child, each, flag, list, type Node, number, text } from './fields.ts';
import type { Tally } from './tally.ts';

export type DecodeContext = {
  readonly limits: IngestLimits;
  readonly defaultEnvironment: string;
  readonly nowMs: number;
  readonly tally: Tally;
};

export type ResourceFacts = { readonly scope: Scope; readonly release: string | undefined };

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
    result[key] = valueText(child(pair, 'value'), limits.maxAttributeValueChars, context);
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

/** Who a resource is: `service.name`, `deployment.environment.name`, `service.instance.id`, `service.version`. */
export function readResource(resourceLevel: Node, context: DecodeContext): ResourceFacts {
  const resource = child(resourceLevel, 'resource') ?? {};
  const one = (...names: string[]): string => findAttribute(resource, names, context);
  const service = one('service.name');
  const environment = one('deployment.environment.name', 'deployment.environment');
  const instance = one('service.instance.id');
  const release = one('service.version');
  if (service === '') context.tally.note('unknown-service');
  if (environment === '') context.tally.note('default-environment');
  return {
    scope: {
      environment: environment === '' ? context.defaultEnvironment : environment,
      service: service === '' ? 'unknown_service' : service,
      ...(instance === '' ? {} : { resourceId: instance }),
    },
    release: release === '' ? undefined : release,
  };
}

/** An AnyValue as clean text: scalars as they are, arrays and maps in JSON's notation, cut at `maxChars`. */
export function valueText(value: Node | null, maxChars: number, context: DecodeContext): string {
  if (value === null) return '';
  const plain = scalarText(value);
  const raw = plain ?? composite(value, { charsLeft: maxChars * 4, depthLeft: context.limits.maxValueDepth });
  if (raw.length > maxChars) context.tally.note('text-cut');
  return cleanText(raw, maxChars);
}

type Room = { charsLeft: number; depthLeft: number };

function scalarText(value: Node): string | null {
  if (value.stringValue !== undefined && value.stringValue !== null) return text(value, 'stringValue');
  if (value.intValue !== undefined && value.intValue !== null) return String(number(value, 'intValue'));
  if (value.doubleValue !== undefined && value.doubleValue !== null)
    return String(number(value, 'doubleValue'));
  if (value.boolValue !== undefined && value.boolValue !== null) return String(flag(value, 'boolValue'));
  if (value.bytesValue !== undefined && value.bytesValue !== null) return text(value, 'bytesValue');
  return null;
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
    const part = array === null ? pairText(asNode(entry), inner) : elementText(asNode(entry), inner);
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
  return typeof value.stringValue === 'string' ? JSON.stringify(scalar) : scalar;
}
