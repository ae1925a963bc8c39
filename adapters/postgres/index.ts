// The one place where safety is decided, on a Postgres server or on PGlite inside the process: the same SQL.

export { agentsOfServer } from './agents/of-server.ts';
export { generateKey } from './api-keys.ts';
export { auditOfServer } from './audit/of-server.ts';
export { type Database, durabilityOfServer, openDatabase } from './database/open.ts';
export type { KeptEmbeddings } from './memory/embeddings.ts';
export type { EndedIncidents } from './memory/ended.ts';
export { createStores, type StoreOptions, type Stores } from './stores.ts';
