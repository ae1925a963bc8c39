// What opening gives, whichever way it was opened.

import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export type Connection = {
  readonly db: Kysely<Schema>;
  /** Where it is, without credentials. */
  readonly location: string;
  readonly release: () => Promise<void>;
};
