/** A database of which statements fail when a test says so: before they reach it, or with only their answer lost. */
import type { Kysely, KyselyPlugin } from 'kysely';
import type { Schema } from '../../adapters/postgres/database/schema.ts';

export type Statement = 'SelectQueryNode' | 'InsertQueryNode' | 'UpdateQueryNode' | 'DeleteQueryNode';

export interface FailingDatabase {
  readonly db: Kysely<Schema>;
  /** From now on; `of`: of these kinds only. */
  fail(when: 'before' | 'after', of?: Statement): void;
  heal(): void;
  readonly failures: () => number;
}

/** What the pool says when nobody gives a connection back. */
export const starved = 'timeout exceeded when trying to connect';

export function failingDatabase(db: Kysely<Schema>): FailingDatabase {
  let armed: { readonly when: 'before' | 'after'; readonly of: Statement | undefined } | null = null;
  let failures = 0;
  const losing = new WeakSet<object>();
  const failed = (): never => {
    failures += 1;
    throw new Error(starved);
  };
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      if (armed === null || (armed.of !== undefined && armed.of !== node.kind)) return node;
      if (armed.when === 'before') failed();
      losing.add(queryId);
      return node;
    },
    async transformResult({ result, queryId }) {
      return losing.has(queryId) ? failed() : result;
    },
  };
  return {
    db: db.withPlugin(plugin),
    fail(when, of) {
      armed = { when, of };
    },
    heal() {
      armed = null;
    },
    failures: () => failures,
  };
}
