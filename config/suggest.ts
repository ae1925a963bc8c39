// Which known word somebody probably meant.

import { distance } from 'fastest-levenshtein';
import type { JsonSchema } from './schema.ts';

/** The closest candidate, when it is close enough to be a slip: two letters (one in short words), or a third of them. */
export function closest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(word.length > 3 ? 2 : 1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const letters = distance(word.toLowerCase(), candidate.toLowerCase());
    if (letters < bestDistance) [best, bestDistance] = [candidate, letters];
  }
  return best;
}

/** Keys that may stand in the object at `path`; of every alternative where the schema has several. */
export function knownKeys(schema: JsonSchema, path: readonly PropertyKey[]): string[] {
  let level: readonly JsonSchema[] = alternatives(schema);
  for (const part of path) level = level.flatMap((one) => step(one, part)).flatMap(alternatives);
  const keys = level.flatMap(({ properties, propertyNames }) => [
    ...Object.keys(properties ?? {}),
    ...(propertyNames?.enum ?? []).map(String),
  ]);
  return [...new Set(keys)];
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const { oneOf = [], anyOf = [], allOf = [] } = schema;
  return [schema, ...[...oneOf, ...anyOf, ...allOf].flatMap(alternatives)];
}

function step({ properties, items, additionalProperties }: JsonSchema, part: PropertyKey): JsonSchema[] {
  if (typeof part === 'number') return items === undefined ? [] : [items];
  const known =
    properties !== undefined && Object.hasOwn(properties, part) ? properties[String(part)] : undefined;
  if (known !== undefined) return [known];
  return typeof additionalProperties === 'object' ? [additionalProperties] : [];
}
