// The kinds of things that can be acted on, one line each, and what is read out of the text that names one.

import { docker } from './docker.ts';
import { ec2 } from './ec2.ts';
import { ecs } from './ecs.ts';
import { host } from './host.ts';
import type { Attributes, Kind } from './kind.ts';
import { kubernetes } from './kubernetes.ts';
import { service } from './service.ts';

export const kinds: readonly Kind[] = [kubernetes, ecs, ec2, docker, host, service];

export type { Attributes, Kind };

export type Resource = { readonly kind: Kind; readonly parts: readonly string[] };

export type ResourceCheck =
  | { readonly ok: true; readonly resource: Resource }
  | { readonly ok: false; readonly reason: string };

/** Reads `kubernetes/main/shop/deployment/orders`. What has another form is refused, with the form it should have. */
export function parseResource(text: string): ResourceCheck {
  const [id, ...parts] = text.split('/');
  const kind = kinds.find((one) => one.id === id);
  if (kind === undefined) return refused(`it begins with none of ${kinds.map((one) => one.id).join(', ')}`);
  if (parts.length !== kind.parts.length) return refused(`expected ${formOf(kind)}`);
  const wrong = kind.parts.find((part, index) => !fits(part, parts[index] ?? ''));
  if (wrong !== undefined) return refused(`its ${wrong.name} is no such name; expected ${formOf(kind)}`);
  return { ok: true, resource: { kind, parts } };
}

/** Of a target's resource, where one is known. */
export function isMachine(resource: string | undefined): boolean {
  const parsed = resource === undefined ? null : parseResource(resource);
  return parsed?.ok === true && parsed.resource.kind.isMachine === true;
}

/** The text that `parseResource` reads. Throws when a part is no name of its kind. */
export function formatResource(kind: Kind, parts: readonly string[]): string {
  const text = [kind.id, ...parts].join('/');
  const parsed = parseResource(text);
  if (!parsed.ok) throw new Error(`naming a ${kind.id} target ${JSON.stringify(text)}: ${parsed.reason}`);
  return text;
}

/** For people: `deployment orders in namespace shop of cluster main`. What cannot be read stays as it is. */
export function resourceWords(text: string): string {
  const parsed = parseResource(text);
  return parsed.ok ? parsed.resource.kind.words(parsed.resource.parts) : text;
}

/** `kubernetes/<cluster>/<namespace>/<kind>/<name>` */
export function formOf({ id, parts }: Kind): string {
  return [id, ...parts.map(({ name }) => `<${name}>`)].join('/');
}

function fits({ pattern, maxLength }: Kind['parts'][number], part: string): boolean {
  return part.length <= maxLength && part !== '..' && pattern.test(part);
}

function refused(reason: string): ResourceCheck {
  return { ok: false, reason };
}
