// What POST /api/v1/events and POST /api/v1/trigger-alert accept, and errors that name the field.

import { z } from 'zod';
import { redactValue } from '../../domain/redaction/redact.ts';
import type { IngestLimits } from '../limits.ts';
import { cleanText } from '../text.ts';

export type EventSchemas = ReturnType<typeof eventSchemas>;
export type ChangeInput = z.infer<EventSchemas['change']>;
export type AlertInput = z.infer<EventSchemas['alert']>;
export type TriggerInput = z.infer<EventSchemas['trigger']>;
export type EventInput = ChangeInput | AlertInput;

export type Invalid = {
  readonly kind: 'invalid' | 'unknown-field';
  readonly field: string;
  readonly detail: string;
};

/** Built per configuration: the bounds are part of the schema. */
export function eventSchemas(limits: IngestLimits) {
  const textOf = (maxChars: number) =>
    z
      .string()
      .max(maxChars * 4)
      .transform((value) => cleanText(value, maxChars));
  const name = textOf(limits.maxNameChars).refine((value) => value !== '', 'must not be empty');
  const title = textOf(limits.maxTitleChars).refine((value) => value !== '', 'must not be empty');
  const id = z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters without spaces');
  const at = z.iso
    .datetime({ offset: true, error: 'must be an RFC 3339 instant such as "2026-01-31T09:30:00Z"' })
    .transform((text) => Date.parse(text));
  const attributes = z
    .record(z.string().max(limits.maxAttributeKeyChars), textOf(limits.maxAttributeValueChars))
    .refine(
      (map) => Object.keys(map).length <= limits.maxAttributes,
      `at most ${limits.maxAttributes} attributes`,
    )
    .transform((map) => cleanKeys(map, limits.maxAttributeKeyChars));
  const place = { environment: name.optional(), service: name };

  const change = z.strictObject({
    kind: z.literal('change'),
    id: id.optional(),
    type: name,
    ...place,
    at: at.optional(),
    summary: title,
    attributes: attributes.optional(),
  });
  const alertFields = {
    id: id.optional(),
    status: z.enum(['firing', 'resolved']).default('firing'),
    ...place,
    component: name.optional(),
    resourceId: name.optional(),
    at: at.optional(),
    severity: z.enum(['info', 'warning', 'critical']).default('warning'),
    title,
    source: name.optional(),
    attributes: attributes.optional(),
  };
  const needsId = (alert: { status: string; id?: string }): boolean =>
    alert.status === 'firing' || alert.id !== undefined;
  const why = { path: ['id'], message: 'a resolved alert must have the id it fired with' };
  const alert = z.strictObject({ kind: z.literal('alert'), ...alertFields }).refine(needsId, why);
  const trigger = z.strictObject(alertFields).refine(needsId, why);
  const event = z.discriminatedUnion('kind', [change, alert]);
  const batch = z.strictObject({ events: z.array(event).min(1).max(limits.maxEvents) });
  return { change, alert, trigger, event, batch, attributes };
}

/** Attributes, their keys clean and their values without secrets. Keys are text from outside too. `__proto__` would set the prototype instead of a property. */
export function cleanKeys(map: Readonly<Record<string, string>>, maxChars: number): Record<string, string> {
  const entries = Object.entries(map).map(
    ([key, value]) => [cleanText(key, maxChars), redactValue(key, value)] as const,
  );
  return Object.fromEntries(entries.filter(([key]) => key !== '' && key !== '__proto__'));
}

/** The first problem of a failed parse, with its path written as `events[2].service`. */
export function firstProblem(error: z.ZodError): Invalid {
  const issue = error.issues[0];
  if (issue === undefined) return { kind: 'invalid', field: '', detail: 'invalid' };
  if (issue.code === 'unrecognized_keys') {
    const key = cleanText(issue.keys[0] ?? '', 100);
    return {
      kind: 'unknown-field',
      field: pathText([...issue.path, key]),
      detail: `unknown field ${JSON.stringify(key)}`,
    };
  }
  return { kind: 'invalid', field: pathText(issue.path), detail: cleanText(issue.message, 300) };
}

function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else text += `${text === '' ? '' : '.'}${cleanText(String(segment), 100)}`;
  }
  return text;
}
