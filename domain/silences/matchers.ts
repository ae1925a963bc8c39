// Matchers, as Alertmanager has them: a label, how it is compared, and with what. Patterns are RE2's, which take time that is
// linear in what they read, whoever wrote them.

import { RE2JS } from 're2js';
import { z } from 'zod';
import type { LabelSet } from './labels.ts';

export const operators = ['=', '!=', '=~', '!~'] as const;
export type Operator = (typeof operators)[number];

export type Matcher = { readonly label: string; readonly is: Operator; readonly value: string };

const longestPattern = 500;
export const mostMatchers = 20;

export const matcherSchema = z
  .strictObject({
    label: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_./:-]{0,99}$/, 'expected the name of a label, such as service'),
    is: z.enum(operators).default('='),
    value: z
      .string()
      .max(longestPattern)
      .regex(/^\P{Cc}*$/u, 'must be one line'),
  })
  .superRefine((matcher, context) => {
    const wrong = wrongWithPattern(matcher);
    if (wrong !== null) context.addIssue({ code: 'custom', path: ['value'], message: wrong });
  });

/** Why the pattern cannot be used; null when it can, or when there is none. */
export function wrongWithPattern({ is, value }: Pick<Matcher, 'is' | 'value'>): string | null {
  if (is === '=' || is === '!=') return null;
  if (value.length > longestPattern) return `a pattern has at most ${longestPattern} characters`;
  try {
    RE2JS.compile(value);
    return null;
  } catch (error) {
    return `is no regular expression: ${error instanceof Error ? error.message : String(error)}`.slice(
      0,
      200,
    );
  }
}

export type Matching = (labels: LabelSet) => boolean;

/** True for labels that all of the matchers fit. A label that is not there is an empty one, as in Alertmanager. */
export function compileMatchers(matchers: readonly Matcher[]): Matching {
  const tests = matchers.map(({ label, is, value }): Matching => {
    const fits = is === '=' || is === '!=' ? (given: string) => given === value : wholly(value);
    const wanted = is === '=' || is === '=~';
    return (labels) => valuesOf(labels, label).some(fits) === wanted;
  });
  return (labels) => tests.every((test) => test(labels));
}

/** Alertmanager's rule: at least one matcher must not fit what has no labels, or it would silence everything. */
export function matchesEverything(matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => compileMatchers([matcher])({}));
}

function valuesOf(labels: LabelSet, label: string): readonly string[] {
  const values = Object.hasOwn(labels, label) ? labels[label] : undefined;
  return values === undefined || values.length === 0 ? [''] : values;
}

function wholly(pattern: string): (given: string) => boolean {
  const compiled = RE2JS.compile(pattern);
  return (given) => compiled.matches(given);
}

/** `service="checkout"`, as it is written and read. */
export function matcherText({ label, is, value }: Matcher): string {
  return `${label}${is}${JSON.stringify(value)}`;
}

export function matchersText(matchers: readonly Matcher[]): string {
  return matchers.map(matcherText).join(', ');
}

/** Reads `service=checkout`, `service="checkout"`, `environment=~"prod.*"`; null when it is nothing of the kind. */
export function parseMatcher(text: string): Matcher | null {
  const found = /^\s*([A-Za-z_][A-Za-z0-9_./:-]{0,99})\s*(=~|!~|!=|=)\s*(.*?)\s*$/s.exec(text);
  if (found === null) return null;
  const [, label = '', is = '=', given = ''] = found;
  const value = given.startsWith('"') ? unquoted(given) : given;
  return value === null ? null : { label, is: is as Operator, value };
}

function unquoted(given: string): string | null {
  try {
    const value: unknown = JSON.parse(given);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
