// Fields that several routes take.

import { z } from 'zod';
import { fromUrlId } from '../incident-id.ts';

/** Postgres' text takes neither NUL nor half a surrogate pair; other control characters have no place in a reason. */
const printable = (text: string): boolean => text.isWellFormed() && !/[\p{Cc}--[\n\t\r]]/v.test(text);

export const freeText = (maxCharacters: number) =>
  z
    .string({ error: 'expected text' })
    .trim()
    .min(1, 'must not be empty')
    .max(maxCharacters, `must have at most ${maxCharacters} characters`)
    .refine(printable, 'must not contain control characters or broken Unicode');

export const oneLine = (maxCharacters: number) =>
  freeText(maxCharacters).refine((text) => !/[\n\r\t]/.test(text), 'must be one line');

export const incidentParams = z.strictObject({
  id: z.string().transform((text, context) => {
    const id = fromUrlId(text);
    if (id === null) context.addIssue({ code: 'custom', message: 'expected an incident id such as 3f2a…-1' });
    return id ?? z.NEVER;
  }),
});

/** A whole number in a query string. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a whole number from ${min} to ${max}`);

export const pageQuery = {
  limit: wholeNumber(1, 200).prefault('50'),
  cursor: z
    .string()
    .min(1)
    .max(500)
    .regex(/^[\x21-\x7e]+$/, 'is not a cursor of a previous page')
    .optional(),
};

export const planHash = z.string().regex(/^[0-9a-f]{64}$/, 'expected the 64 hex digits of a plan hash');

/** An environment's name, as filters and the kill switch take it. */
export const environment = oneLine(200);
