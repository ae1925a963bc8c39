// Does a commit of this server stay? What an acknowledged event, an intent or a vote is worth depends on settings that
// belong to whoever runs the server; Sentinel says what is wrong with them.

import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** What a commit may lose, a sentence each; empty when nothing is known to be wrong. */
export async function durabilityProblems(db: Kysely<Schema>): Promise<readonly string[]> {
  const { rows } = await sql<ServerSettings>`select
    current_setting('fsync') as fsync,
    current_setting('full_page_writes') as full_page_writes,
    current_setting('synchronous_commit') as synchronous_commit,
    current_setting('synchronous_standby_names') as standby_names,
    (select count(*)::int from pg_stat_replication) as standbys`.execute(db);
  return rows.flatMap(problemsOf);
}

export type ServerSettings = {
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
  readonly standby_names: string;
  readonly standbys: number;
};

export function problemsOf(settings: ServerSettings): readonly string[] {
  const problems: string[] = [];
  if (settings.fsync !== 'on')
    problems.push(
      'fsync is off: a power failure loses commits and can destroy the database. Set fsync = on.',
    );
  if (settings.full_page_writes !== 'on')
    problems.push('full_page_writes is off: a power failure can destroy pages. Set full_page_writes = on.');
  if (settings.synchronous_commit === 'off')
    problems.push(
      'synchronous_commit is off: a crash loses the newest commits. Set synchronous_commit = on.',
    );
  if (settings.standbys > 0 && settings.standby_names === '')
    problems.push(
      'no standby is synchronous: a failover loses the newest commits. Set synchronous_standby_names, or fail over by hand.',
    );
  return problems;
}

/**
 * For every connection of ours: commits are waited for, whatever the server's default. A stronger setting stays. What a
 * server with fsync off promises is worth nothing all the same.
 */
export const waitForCommits = `select set_config('synchronous_commit', 'on', false)
  where current_setting('synchronous_commit') in ('off', 'local', 'remote_write')`;
