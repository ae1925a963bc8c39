/** The stores over a database of their own, on PGlite and on real Postgres: one suite, told twice. */
import { join } from 'node:path';
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
  const embedded = embeddedOfThisFile();
  describe(`${title}, on PGlite`, () => tests(embedded, 'embedded'));
  await describePostgresStores(title, tests);
}

/** Where what a new embedded database begins with is kept, as by `sentinel start`. */
export const databaseCache = join(cacheDir, 'postgres');

/** In memory, as a copy of what initdb and the migrations once made on this machine. */
export function openMemory(): Promise<Database> {
  return openDatabase({ memory: true, cacheDir: databaseCache });
}

let ofFile: { readonly file: string | undefined; readonly use: () => StoresUnderTest } | undefined;

/** Opening PGlite takes processor time, so the suites of a file share one. Another file in the same process has its own. */
function embeddedOfThisFile(): () => StoresUnderTest {
  const file = expect.getState().testPath;
  if (ofFile === undefined || ofFile.file !== file) ofFile = { file, use: opened(openMemory) };
  return ofFile.use;
}

/** For what only a server can show, as several connections at once, and for what stands above the stores: it cannot tell one from the other. */
export async function describePostgresStores(
  title: string,
  tests: (use: () => StoresUnderTest, kind: Database['kind']) => void,
): Promise<void> {
  const onServer = (url: () => string): void =>
    tests(
      opened(() => openDatabase({ url: url(), maxConnections: 24 })),
      'server',
    );
  await describeWithPostgres(`${title}, on Postgres`, onServer, migratedDatabase);
}

function opened(open: () => Promise<Database>): () => StoresUnderTest {
  let database: Database | undefined;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(async () => {
    const closing = database;
    database = undefined; // the next file of this process needs the memory
    await closing?.close();
  });
  return () => {
    if (database === undefined) throw new Error('the stores are there only inside tests and hooks');
    const opened = database;
    const withOptions = (options: Partial<StoreOptions>): Stores =>
      createStores(opened, { limits: testLimits, people: testPeople, ...options });
    return { database: opened, stores: withOptions({}), withOptions };
  };
}
