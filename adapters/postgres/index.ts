// The one place where safety is decided, on a Postgres server or on PGlite inside the process: the same SQL.

export { generateKey, UnusableKey } from './api-keys.ts';
export { DatabaseError, type DatabaseRefusal } from './database/errors.ts';
export { type Database, type DatabaseOptions, openDatabase } from './database/open.ts';
export { EffectBlocked } from './gate/mark.ts';
export { createStores, type StoreOptions, type Stores } from './stores.ts';
