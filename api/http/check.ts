// Input against its schema; what is wrong is named field by field.

import type { z } from 'zod';
import { ApiProblem, type FieldProblem } from '../errors.ts';

/** The parsed value. Throws ApiProblem naming every field that is wrong; `whole` names the value itself. */
export function check<T extends z.ZodType>(schema: T, value: unknown, whole: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = firstOfEach(result.error.issues.flatMap((issue) => fieldProblems(issue, whole)));
  const named = errors.map(({ field, message }) => `${field} ${message}`).join('; ');
  throw new ApiProblem('invalid-input', named, { errors });
}

/** A value of the wrong type breaks every rule of its field; the first says enough. */
function firstOfEach(errors: readonly FieldProblem[]): FieldProblem[] {
  return errors.filter(({ field }, index) => errors.findIndex((one) => one.field === field) === index);
}

function fieldProblems(issue: z.core.$ZodIssue, whole: string): FieldProblem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: [...path, key.slice(0, 100)].join('.'),
      message: 'is not a known field',
    }));
  }
  const message = issue.message.replace(/^Invalid \w+: /, '').replace(/^Too (big|small): /, '');
  return [{ field: path.join('.') || whole, message }];
}
