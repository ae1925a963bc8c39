// A key's reach as a condition on rows with the columns environment and service; says the same as domain/policy/reach.ts.

import { type SqlBool, sql } from 'kysely';
import type { Reach } from '../../domain/policy/reach.ts';

export function withinReach({ environments, services }: Reach) {
  return sql<SqlBool>`${fits('environment', environments)} and ${fits('service', services)}`;
}

function fits(column: 'environment' | 'service', patterns: readonly string[] | undefined) {
  if (patterns === undefined) return sql`true`;
  return sql`${sql.ref(column)} like any (${patterns.map(asLike)}::text[])`;
}

/** `*` and `?` are the wildcards of a reach; those of LIKE stand for themselves. */
function asLike(pattern: string): string {
  return pattern
    .replace(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_');
}
