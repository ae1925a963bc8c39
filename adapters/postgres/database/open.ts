// Opens the one database of Sentinel: a Postgres server by URL, or PGlite (the same engine, in this process).
// Whoever gets a Database may rely on the schema being the one this code was written for.

import { type Kysely, sql } from 'kysely';
import { becomeApplication, ownershipProblem } from './application-role.ts';
import { connectServer } from './connect-server.ts';
import { durabilityProblems } from './durability.ts';
import { openEmbedded } from './embedded.ts';
import { migrate } from './migrate.ts';
import type { Schema } from './schema.ts';
import { vectorProblem } from './vectors.ts';

export type DatabaseOptions = (
  | {
      /** postgres://user:password@host:port/database */
      readonly url: string;
      /** Connections of this process; default 10. */
      readonly maxConnections?: number;
    }
  | (Embedded & { readonly dataDir: string })
  | (Embedded & { readonly memory: true })
) & {
  /** Vectors are to be kept in it, too. */
  readonly vectors?: boolean;
};

type Embedded = {
  /** Where what a new database begins with is kept, so that the next one costs less. Default: nowhere. */
  readonly cacheDir?: string;
};

export type Database = {
  readonly db: Kysely<Schema>;
  readonly kind: 'server' | 'embedded';
  /** Where it is, without credentials: for logs and messages. */
  readonly location: string;
  /** What a commit may lose here, a sentence each; empty when it stays. */
  durabilityProblems(): Promise<readonly string[]>;
  /** That this process could rewrite the audit, in a sentence; null when it could not. */
  ownershipProblem(): Promise<string | null>;
  /** Why vectors cannot be kept in it, for people; null when they can. */
  readonly vectorProblem: string | null;
  /** Resolves when a statement made the round trip; rejects otherwise. */
  ping(): Promise<void>;
  /** Waits for what is under way, closes, and gives the data folder free. Idempotent. */
  close(): Promise<void>;
};

/** Connects, checks versions and migrates. Throws DatabaseError with the reason and what to do about it. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const connection =
    'url' in options
      ? await connectServer(options.url, options.maxConnections)
      : await openEmbedded('dataDir' in options ? options.dataDir : null, options);
  const { db, location, release } = connection;
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= release();
    return closing;
  };
  let problem: string | null = 'nobody asked for vectors';
  try {
    await migrate(db, location);
    if (options.vectors === true) problem = await vectorProblem(db);
    if ('dataDir' in options) await becomeApplication(db);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    db,
    kind: 'url' in options ? 'server' : 'embedded',
    location,
    // In memory nothing stays, and nobody expects it to.
    durabilityProblems: async () => ('memory' in options ? [] : durabilityProblems(db)),
    ownershipProblem: async () => ('url' in options ? ownershipProblem(db) : null),
    vectorProblem: problem,
    async ping() {
      await sql`select 1`.execute(db);
    },
    close,
  };
}

/** What commits to this server may lose, without changing anything there. Throws DatabaseError when it cannot be asked. */
export async function durabilityOfServer(url: string): Promise<readonly string[]> {
  return onServer(url, durabilityProblems);
}

/** Asks a server without changing anything there, and leaves. */
export async function onServer<T>(url: string, ask: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
  const { db, release } = await connectServer(url, 1);
  try {
    return await ask(db);
  } finally {
    await release();
  }
}
