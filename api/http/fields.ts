// Fields that several routes take. What a check asks for beyond its type is also said in the words of JSON Schema, so that
// the OpenAPI document calls valid what the API accepts, and nothing else.

import { z } from 'zod';
import { redact } from '../../domain/redaction/redact.ts';
import { fromUrlId } from '../incident-id.ts';

/** Postgres' text takes neither NUL nor half a surrogate pair; other control characters have no place in a reason. */
const printable = (text: string): boolean => text.isWellFormed() && !/[\p{Cc}--[\n\t\r]]/v.test(text);

/** As JSON Schema counts: by code points. */
const charactersIn = (text: string): number => [...text].length;

/** At least one character that is seen, and among the others none of those that are `forbidden`. */
const textPattern = (forbidden: string): string =>
  `^[^${forbidden}]*[^\\s\\ufeff\\x00-\\x1f\\x7f-\\x9f][^${forbidden}]*$`;

const text = (maxCharacters: number) =>
  z
    .string({ error: 'expected text' })
    .refine((given) => charactersIn(given) <= maxCharacters, `must have at most ${maxCharacters} characters`)
    .refine(printable, 'must not contain control characters or broken Unicode');

/** Paragraphs, such as a reason. Space around it is taken off, and secrets are replaced: many read it, and it stays. */
export const freeText = (maxCharacters: number) =>
  text(maxCharacters)
    .trim()
    .min(1, 'must not be empty')
    .overwrite(redact)
    .meta({
      type: 'string',
      maxLength: maxCharacters,
      pattern: textPattern('\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f'),
    });

export const oneLine = (maxCharacters: number) =>
  text(maxCharacters)
    .refine((given) => !/[\n\r\t]/.test(given), 'must be one line')
    .trim()
    .min(1, 'must not be empty')
    .meta({ type: 'string', maxLength: maxCharacters, pattern: textPattern('\\x00-\\x1f\\x7f-\\x9f') });

export const incidentParams = z.strictObject({
  id: z
    .string()
    .transform((given, context) => {
      const id = fromUrlId(given);
      if (id === null)
        context.addIssue({ code: 'custom', message: 'expected an incident id such as 3f2a…-1' });
      return id ?? z.NEVER;
    })
    .meta({
      type: 'string',
      pattern: '^([A-Za-z0-9_-]{1,40}\\.[A-Za-z0-9_-]{1,40}\\.)?[0-9a-f]{1,128}-[1-9][0-9]{0,8}$',
      examples: ['production.payments.3f2a9c00-1'],
      description: 'The `ref` of an incident.',
    }),
});

export const effectParams = z.strictObject({
  id: z
    .string()
    .regex(/^intent-[0-9a-f]{40}$/, 'expected the id of an effect: "intent-" and 40 hexadecimal digits'),
});

/** A whole number in a query string. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a whole number from ${min} to ${max}`)
    .meta({ type: 'integer', minimum: min, maximum: max });

/** `true` or `false` in a query string. */
export const yesOrNo = z
  .enum(['true', 'false'])
  .transform((given) => given === 'true')
  .meta({ type: 'boolean' });

/** An instant of the calendar, as milliseconds since the epoch. */
export const instant = (example: string) =>
  z.iso
    .datetime({ offset: true, error: 'expected an instant such as 2026-01-31T12:00:00Z' })
    .transform((given) => Date.parse(given))
    .refine(Number.isFinite, 'expected an instant that exists')
    .meta({ type: 'string', format: 'date-time', examples: [example] });

/** A range of time. */
export const range = {
  from: instant('2026-01-31T12:00:00Z').optional(),
  to: instant('2026-01-31T13:00:00Z').optional(),
};

export const pageQuery = {
  limit: wholeNumber(1, 200).prefault('50').meta({ type: 'integer', minimum: 1, maximum: 200, default: 50 }),
  cursor: z
    .string()
    .min(1)
    .max(500)
    .regex(/^[\x21-\x7e]+$/, 'is not a cursor of a previous page')
    .optional()
    .meta({ description: '`nextCursor` of the page before.' }),
};

export const planHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the 64 hex digits of a plan hash')
  .meta({ examples: ['ab12'.repeat(16)] });

/** An environment's name, as filters and the kill switch take it. */
export const environment = oneLine(200);
