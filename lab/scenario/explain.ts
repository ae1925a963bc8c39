/** Turns a finding of the schema check into words for the person who wrote the file. */
import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { faultParameters } from '../supervisor/fault-kinds.ts';
import { scenarioSchema } from './schema.ts';

export type Path = Array<string | number>;

export interface Explained {
  path: Path;
  reason: string;
  key?: string;
}

type Issue = z.core.$ZodIssue;

/** One finding per unknown key, one for anything else. `prefix` is where `given` stands in the file. */
export function explain(issue: Issue, given: unknown, prefix: Path = [], what = 'known keys:'): Explained[] {
  const inner = issue.path.filter((part) => typeof part !== 'symbol');
  const path = [...prefix, ...inner];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const known = knownKeys(path, what);
        return {
          path,
          key,
          reason: `unknown key "${key}"${suggestion(key, known)}; ${what} ${known.join(', ') || 'none'}`,
        };
      });
    case 'invalid_value': {
      const value = at(given, inner);
      const known = issue.values.map(String);
      if (value === undefined)
        return [{ path, reason: `"${inner.at(-1)}" is missing; expected one of ${known.join(', ')}` }];
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return [
        {
          path,
          reason: `"${text}" is not a valid value${suggestion(text, known)}; expected one of ${known.join(', ')}`,
        },
      ];
    }
    case 'invalid_type': {
      const name = inner.at(-1) ?? 'the file';
      const value = at(given, inner);
      if (value === undefined) return [{ path, reason: `"${name}" is missing` }];
      const found = value === null ? 'nothing' : Array.isArray(value) ? 'a list' : typeof value;
      return [{ path, reason: `"${name}" must be ${article(issue.expected)}, not ${found}` }];
    }
    case 'custom':
      return [{ path, reason: issue.message }];
    default:
      return [{ path, reason: `"${inner.at(-1)}": ${issue.message}` }];
  }
}

const expectations: Record<string, string> = {
  string: 'text',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  number: 'a number',
};

function article(expected: string): string {
  return expectations[expected] ?? expected;
}

function suggestion(wrong: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = closest(wrong, known);
  const near = distance(wrong, nearest) <= Math.max(2, Math.floor(nearest.length / 2));
  return near ? `, did you mean "${nearest}"?` : '';
}

function knownKeys(path: Path, what: string): string[] {
  const { shape } = scenarioSchema;
  const [kind] = what.split(' takes');
  if (kind && kind in faultParameters) {
    return Object.keys(faultParameters[kind as keyof typeof faultParameters].shape);
  }
  if (path.length === 0) return Object.keys(shape);
  if (path[0] === 'faults') return Object.keys(shape.faults.element.shape);
  if (path[0] === 'truth') return Object.keys(shape.truth.shape);
  return path[0] === 'load' ? ['requestsPerSecond'] : [];
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, part) => (inner as Record<string | number, unknown> | undefined)?.[part],
    value,
  );
}
