// Turns what zod found into problems with a line, in words for the person who edits the file.

import { type Document, isMap, isNode, isScalar, type LineCounter } from 'yaml';
import type { z } from 'zod';
import { type ConfigProblem, formatPath } from './problems.ts';
import { configJsonSchema } from './schema.ts';
import { secretVariables } from './secrets.ts';
import { closest, knownKeys } from './suggest.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
export type Source = { readonly name: string; readonly document: Document; readonly lines: LineCounter };

/** Every problem of every issue: an issue about several unknown keys becomes one problem for each. */
export function explainIssues(issues: readonly Issue[], source: Source, base: Path = []): ConfigProblem[] {
  const problems = issues.flatMap((issue) => explain(issue, source, [...base, ...issue.path]));
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function explain(issue: Issue, source: Source, path: Path): ConfigProblem[] {
  const at = (where: Path, message: string): ConfigProblem => ({
    source: source.name,
    path: formatPath(where),
    line: lineOf(source, where),
    message,
  });
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => at([...path, key], unknownKey(key, path)));
    case 'invalid_union': {
      const [first, ...others] = issue.errors;
      if (first === undefined) return [at(path, expectedOneOf(optionsOf(issue), valueAt(source, path)))];
      const nearest = others.reduce((best, next) => (depth(next) > depth(best) ? next : best), first);
      return explainIssues(nearest, source, path);
    }
    case 'invalid_value':
      return [at(path, expectedOneOf(issue.values.map(String), valueAt(source, path)))];
    case 'invalid_key':
      return [at(path, issue.issues.map(({ message }) => plain(message)).join('; '))];
    default:
      return [at(path, withFound(plain(issue.message), source, path))];
  }
}

/** Among alternatives, the one whose complaint lies deepest is the one the author was writing. */
function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length));
}

function optionsOf(issue: Issue): string[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

function unknownKey(key: string, path: Path): string {
  if (/password|secret|token|api_?key|credential/i.test(key)) {
    const names = secretVariables.map(({ variable }) => variable);
    return `unknown key; secrets are read from the environment only (${names.join(', ')}), never from this file`;
  }
  const known = knownKeys(configJsonSchema(), path);
  const meant = closest(key, known);
  if (meant !== null) return `unknown key; did you mean "${meant}"?`;
  return known.length === 0 ? 'unknown key' : `unknown key; known here: ${known.join(', ')}`;
}

function expectedOneOf(options: readonly string[], found: unknown): string {
  const expected = `expected ${options.map((option) => JSON.stringify(option)).join(' or ') || 'something else'}`;
  if (found === undefined) return `${expected}; it is missing`;
  const meant = typeof found === 'string' ? closest(found, options) : null;
  return `${expected}, found ${preview(found)}${meant === null ? '' : `; did you mean "${meant}"?`}`;
}

/** URLs may hold a password even when they are malformed: their value is never repeated. */
function withFound(message: string, source: Source, path: Path): string {
  const found = valueAt(source, path);
  if (path.length === 0 || typeof found === 'object') return message;
  if (found === undefined) return `${message}; it is missing`;
  return /url$/i.test(String(path.at(-1))) ? message : `${message}, found ${preview(found)}`;
}

function preview(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `Invalid input: expected number, received string` → `expected number`. */
function plain(message: string): string {
  return message
    .replace(/^(Invalid input|Invalid string|Invalid option): /, '')
    .replace(/, received \w+$/, '')
    .replace(/^Too (big|small): /, '');
}

function valueAt({ document }: Source, path: Path): unknown {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (isScalar(node)) return node.value;
  return node ?? undefined;
}

/** The line of a key, else of what is nearest around it. */
function lineOf({ document, lines }: Source, path: Path): number | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== null) return lines.linePos(offset).line;
  }
  return null;
}

function offsetOf(document: Document, path: Path): number | null {
  const key = path.at(-1);
  if (typeof key === 'string') {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : null;
    return isNode(pair?.key) ? (pair.key.range?.[0] ?? null) : null;
  }
  const node = key === undefined ? document.contents : document.getIn(path, true);
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}
