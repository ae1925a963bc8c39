// What a watched system says is text from outside like any other: secrets do not get in, everything is bounded, and nothing
// happens later than now, whatever the clocks over there show.

import type { Attributes, Observation } from '../domain/observation.ts';
import { redactValue } from '../domain/redaction/redact.ts';
import type { Scope } from '../domain/scope.ts';
import type { IngestLimits } from './limits.ts';
import { cleanText } from './text.ts';

export type CleanLimits = Pick<
  IngestLimits,
  | 'maxAttributes'
  | 'maxAttributeKeyChars'
  | 'maxAttributeValueChars'
  | 'maxNameChars'
  | 'maxLogBodyChars'
  | 'maxTitleChars'
  | 'maxEventPastMs'
>;

/** Null for what is about no service, or for a change of another age. */
export function cleaned(given: Observation, limits: CleanLimits, nowMs: number): Observation | null {
  switch (given.kind) {
    case 'change': {
      const service = cleanText(given.service, limits.maxNameChars);
      if (service === '' || given.atMs < nowMs - limits.maxEventPastMs) return null;
      return {
        ...given,
        service,
        atMs: Math.min(given.atMs, nowMs),
        summary: cleanText(given.summary, limits.maxTitleChars),
        attributes: cleanAttributes(given.attributes, limits),
      };
    }
    case 'span': {
      const scope = cleanScope(given.scope, limits);
      return scope === null ? null : { ...given, scope };
    }
    default: {
      const scope = cleanScope(given.scope, limits);
      if (scope === null) return null;
      const clean = {
        scope,
        atMs: Math.min(given.atMs, nowMs),
        attributes: cleanAttributes(given.attributes, limits),
      };
      if (given.kind === 'log')
        return { ...given, ...clean, body: cleanText(given.body, limits.maxLogBodyChars) };
      if (given.kind === 'alert')
        return { ...given, ...clean, title: cleanText(given.title, limits.maxTitleChars) };
      return { ...given, ...clean };
    }
  }
}

function cleanScope(scope: Scope, { maxNameChars }: CleanLimits): Scope | null {
  const service = cleanText(scope.service, maxNameChars);
  if (service === '') return null;
  return {
    environment: scope.environment,
    service,
    ...(scope.component === undefined ? {} : { component: cleanText(scope.component, maxNameChars) }),
    ...(scope.resourceId === undefined ? {} : { resourceId: cleanText(scope.resourceId, maxNameChars) }),
  };
}

function cleanAttributes(attributes: Attributes, limits: CleanLimits): Attributes {
  const entries = Object.entries(attributes);
  if (entries.length === 0) return attributes;
  return Object.fromEntries(
    entries.slice(0, limits.maxAttributes).flatMap(([key, value]) => {
      const name = cleanText(key, limits.maxAttributeKeyChars);
      // `__proto__` would set the prototype instead of a property.
      if (name === '' || name === '__proto__') return [];
      return [[name, redactValue(name, cleanText(value, limits.maxAttributeValueChars))]];
    }),
  );
}
