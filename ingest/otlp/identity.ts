// Who an OTLP resource is: its scope and its release, by the ordered lists of domain/identity.ts.

import { attributeNames } from '../../domain/conventions.ts';
import type { Scope } from '../../domain/scope.ts';
import { cleanText } from '../text.ts';
import { type DecodeContext, valueText } from './attributes.ts';
import { child, each, type Node, text } from './fields.ts';

export type ResourceFacts = { readonly scope: Scope; readonly release: string | undefined };

/** What SDKs write for a service that was given no name, alone or with the name of the executable behind a colon. */
const unnamedService = 'unknown_service';

export function readResource(resourceLevel: Node, context: DecodeContext): ResourceFacts {
  const attributes = resourceAttributes(child(resourceLevel, 'resource') ?? {}, context);
  const { identity, defaultEnvironment, limits, tally } = context;
  const given = attributes.get('service.name') ?? '';
  if (given.startsWith(unnamedService)) attributes.delete('service.name');
  const service = firstOf(identity.service, attributes, limits.maxNameChars);
  const environment = attributeNames('deployment.environment.name')
    .map((name) => attributes.get(name))
    .find((value) => value !== undefined);
  const instance = firstOf(identity.instance, attributes, limits.maxNameChars);
  const release = attributes.get('service.version');
  // The name of an executable says more than the machine it runs on.
  const named = given.startsWith(`${unnamedService}:`) && isMachine(service, attributes) ? given : service;
  if (named === undefined) tally.note('unknown-service');
  if (environment === undefined) tally.note('default-environment');
  const scope = { environment: environment ?? defaultEnvironment, service: named ?? unnamedService };
  if (instance === undefined) return { scope, release };
  const kept = [...attributes].filter(([name]) => keptAttributes.test(name)).slice(0, limits.maxAttributes);
  if (kept.length > 0)
    context.resources.push({ ...scope, resourceId: instance, attributes: Object.fromEntries(kept) });
  return { scope: { ...scope, resourceId: instance }, release };
}

/** What an instance can be found by: in an orchestrator, in a cloud, on a machine. */
const keptAttributes = /^(k8s|aws|gcp|azure|cloud|container|faas|host)\.[a-z0-9_.]{1,100}$/;

function resourceAttributes(resource: Node, context: DecodeContext): Map<string, string> {
  const found = new Map<string, string>();
  each(resource, 'attributes', (pair) => {
    if (found.size >= maxResourceAttributes) return;
    const value = valueText(child(pair, 'value'), context.limits.maxNameChars, context);
    if (value !== '') found.set(text(pair, 'key'), value);
  });
  return found;
}
const maxResourceAttributes = 256;

function firstOf(
  rules: readonly string[],
  attributes: ReadonlyMap<string, string>,
  maxChars: number,
): string | undefined {
  for (const rule of rules) {
    const parts = rule.split('+').map((name) => attributes.get(name));
    if (parts.every((part) => part !== undefined)) return cleanText(parts.join('/'), maxChars);
  }
  return undefined;
}

function isMachine(service: string | undefined, attributes: ReadonlyMap<string, string>): boolean {
  const machine = ['host.name', 'host.id', 'k8s.node.name', 'k8s.namespace.name', 'k8s.cluster.name'];
  return service === undefined || machine.some((name) => attributes.get(name) === service);
}
