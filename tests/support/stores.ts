/** The stores over a database of their own, on PGlite and on real Postgres: one suite, told twice. */
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import {
  createStores,
  type Database,
  openDatabase,
  type StoreOptions,
  type Stores,
} from '../../adapters/postgres/index.ts';
import { limitsConfigSchema } from '../../domain/remediation/limits.ts';
import { cacheDir } from './components/cache.ts';
import { migratedDatabase } from './migrated-database.ts';
import { testPeople } from './people.ts';
import { describeWithPostgres } from './postgres.ts';

export type StoresUnderTest = {
  readonly stores: Stores;
  readonly database: Database;
  /** Other numbers over the same database. */
  readonly withOptions: (options: Partial<StoreOptions>) => Stores;
};

/** As configured by default, but with limits that no ordinary test reaches. */
export const testLimits = limitsConfigSchema.parse({
  effectsPerMinute: 10_000,
  effectsPerHour: 100_000,
  effectsPerEnvironmentPerMinute: 10_000,
  effectsPerEnvironmentPerHour: 10_000,
  effectsPerTargetPerMinute: 1_000,
  effectsPerTargetPerHour: 1_000,
  actedOnAtOncePerTier: 1,
  breaker: { notRecoveredEffects: 100, leastEffects: 1_000 },
});

/** `use()` may be called inside tests and hooks. Await it at the top level. */
export async function describeStores(
  title: string,
  tests: (use: () => StoresUnderTest, kind: Database['kind']) => void,
): Promise<void> {
  const embedded = embeddedOfThisFile(); // its hooks are the file's
  describe(`${title}, on PGlite`, () => tests(embedded, 'embedded'));
  await describePostgresStores(title, tests);
}

/** Where what a new embedded database begins with is kept, as by `sentinel start`. */
export const databaseCache = join(cacheDir, 'postgres');

/** In memory, as a copy of what initdb and the migrations once made on this machine. */
export function openMemory(): Promise<Database> {
  return openDatabase({ memory: true, cacheDir: databaseCache });
}

let ofProcess: Promise<Database> | undefined;
let ofFile: { readonly file: string | undefined; readonly use: () => StoresUnderTest } | undefined;

/**
 * Opening PGlite takes processor time, so all files of a process have one after the other, and each begins with it empty. The
 * suites of a file share it as it is.
 */
function embeddedOfThisFile(): () => StoresUnderTest {
  const file = expect.getState().testPath;
  if (ofFile === undefined || ofFile.file !== file) {
    let isEmpty = false;
    const open = async (): Promise<Database> => {
      ofProcess ??= openMemory();
      const database = await ofProcess;
      if (!isEmpty) await empty(database);
      isEmpty = true;
      return database;
    };
    ofFile = { file, use: opened(open, async () => {}) };
  }
  return ofFile.use;
}

/** For what only a server can show, as several connections at once, and for what stands above the stores: it cannot tell one from the other. */
export async function describePostgresStores(
  title: string,
  tests: (use: () => StoresUnderTest, kind: Database['kind']) => void,
): Promise<void> {
  const onServer = (url: () => string): void => {
    const open = async (): Promise<Database> => {
      const database = await openDatabase({ url: url(), maxConnections: 24 });
      await empty(database);
      return database;
    };
    tests(opened(open), 'server');
  };
  await describeWithPostgres(`${title}, on Postgres`, onServer, lentDatabase);
}

/** Of this process, and nobody's at the moment: to make one and to drop it costs as much as many tests. */
const lent: { readonly url: string }[] = [];

async function lentDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const { url } = lent.pop() ?? (await migratedDatabase());
  return { url, drop: async () => void lent.push({ url }) };
}

function opened(
  open: () => Promise<Database>,
  close = (database: Database): Promise<void> => database.close(),
): () => StoresUnderTest {
  let database: Database | undefined;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(async () => {
    if (database !== undefined) await close(database);
    database = undefined;
  });
  return () => {
    if (database === undefined) throw new Error('the stores are there only inside tests and hooks');
    const opened = database;
    const withOptions = (options: Partial<StoreOptions>): Stores =>
      createStores(opened, { limits: testLimits, people: testPeople, ...options });
    return { database: opened, stores: withOptions({}), withOptions };
  };
}

/** As right after the migrations. */
async function empty({ db }: Database): Promise<void> {
  const { rows: tables } = await sql<{ name: string }>`
    select quote_ident(tablename) as name from pg_tables
    where schemaname = 'public' and tablename not like 'sentinel_migration%'`.execute(db);
  const holds = tables.map(({ name }) => `select '${name}' as name where exists (select from ${name})`);
  const { rows: filled } = await sql<{ name: string }>`${sql.raw(holds.join(' union all '))}`.execute(db);
  if (filled.length === 0) return;
  // The audit refuses it.
  const { rows: guards } = await sql<{ table: string; trigger: string; enabled: 'A' | 'O' }>`
    select tgrelid::regclass::text as table, quote_ident(tgname) as trigger, tgenabled as enabled
    from pg_trigger where not tgisinternal and tgtype & 32 <> 0`.execute(db);
  const say = (statement: string): Promise<unknown> => sql.raw(statement).execute(db);
  for (const { table, trigger } of guards) await say(`alter table ${table} disable trigger ${trigger}`);
  await say(`truncate ${filled.map(({ name }) => name).join(', ')} restart identity cascade`);
  for (const { table, trigger, enabled } of guards)
    await say(`alter table ${table} enable ${enabled === 'A' ? 'always ' : ''}trigger ${trigger}`);
  await say(`select setval(format('%I.%I', schemaname, sequencename), start_value, false) from pg_sequences`);
}
