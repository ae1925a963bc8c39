// Sessions over Postgres. The cookie holds 256 random bits, the table their SHA-256: who reads the table cannot use what
// is in it. Every look-up joins the key, so revoking a key ends its sessions at that moment, with nothing to clean up. Who
// logs in and out stands in the audit trail; a session that ends by time does so without an entry.

import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { ApiKeys, OpenedSession, Principal, Sessions } from '../../api/ports.ts';
import { appendAudit, person } from './audit/append.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { sha256 } from './digest.ts';
import { transact } from './transact.ts';

export type SessionLimits = {
  /** Ends a session in which nobody did anything for this long. */
  readonly idleMs: number;
  /** Ends every session this long after its login. */
  readonly absoluteMs: number;
};

const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

/** A busy page asks many times a minute; the moment of the last use need not be known better than this. */
const touchEveryMs = 60_000;

export function createSessions(
  db: Kysely<Schema>,
  apiKeys: Pick<ApiKeys, 'authenticate'>,
  { idleMs, absoluteMs }: SessionLimits,
): Sessions {
  const openAs = (principal: Principal, reason: string): Promise<OpenedSession> =>
    transact(db, async (trx) => {
      const token = randomBytes(32).toString('base64url');
      const nowMs = await databaseNowMs(trx);
      const expiresAtMs = nowMs + absoluteMs;
      await trx
        .insertInto('sessions')
        .values({
          token_hash: sha256(token),
          key_id: principal.keyId,
          created_at_ms: nowMs,
          last_seen_at_ms: nowMs,
          expires_at_ms: expiresAtMs,
        })
        .execute();
      await audit(trx, 'session.open', principal, nowMs, reason);
      return { token, principal, expiresAtMs };
    });
  return {
    async open(presentedKey) {
      const principal = await apiKeys.authenticate(presentedKey);
      return principal === null ? null : openAs(principal, 'logged in with the key');
    },

    async openFor(keyId) {
      const row = await db
        .selectFrom('api_keys')
        .select(['key_id', 'name', 'role'])
        .where('key_id', '=', keyId)
        .where('revoked_at_ms', 'is', null)
        .executeTakeFirst();
      return row === undefined
        ? null
        : openAs({ keyId: row.key_id, name: row.name, role: row.role }, 'logged in with a one-time link');
    },

    async find(token, used) {
      if (!tokenPattern.test(token)) return null;
      const tokenHash = sha256(token);
      const row = await db
        .selectFrom('sessions')
        .innerJoin('api_keys', 'api_keys.key_id', 'sessions.key_id')
        .select(['sessions.key_id', 'name', 'role', 'last_seen_at_ms', 'expires_at_ms'])
        .where('token_hash', '=', tokenHash)
        .where('revoked_at_ms', 'is', null)
        .executeTakeFirst();
      if (row === undefined) return null;
      const nowMs = await databaseNowMs(db);
      if (nowMs >= row.expires_at_ms || nowMs >= row.last_seen_at_ms + idleMs) {
        await db.deleteFrom('sessions').where('token_hash', '=', tokenHash).execute();
        return null;
      }
      if (used && nowMs >= row.last_seen_at_ms + Math.min(touchEveryMs, idleMs / 10)) {
        await db
          .updateTable('sessions')
          .set({ last_seen_at_ms: nowMs })
          .where('token_hash', '=', tokenHash)
          .execute();
      }
      return { keyId: row.key_id, name: row.name, role: row.role };
    },

    async end(token) {
      await transact(db, async (trx) => {
        const ended = await trx
          .deleteFrom('sessions')
          .using('api_keys')
          .whereRef('api_keys.key_id', '=', 'sessions.key_id')
          .where('token_hash', '=', sha256(token))
          .returning(['sessions.key_id', 'name', 'role'])
          .executeTakeFirst();
        if (ended === undefined) return;
        const principal = { keyId: ended.key_id, name: ended.name, role: ended.role };
        await audit(trx, 'session.end', principal, await databaseNowMs(trx), 'logged out');
      });
    },
  };
}

async function audit(
  trx: Kysely<Schema>,
  action: 'session.open' | 'session.end',
  { keyId, name, role }: Principal,
  atMs: number,
  reason: string,
): Promise<void> {
  await appendAudit(trx, [
    { actor: person(name), action, atMs, reason, subject: `key/${keyId}`, planHash: null, details: { role } },
  ]);
}
