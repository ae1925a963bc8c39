// Sessions over Postgres. The cookie holds 256 random bits, the table their SHA-256: who reads the table cannot use what
// is in it. Every look-up joins the key, so revoking a key ends its sessions at that moment, with nothing to clean up. Who
// logs in and out stands in the audit trail; a session that ends by time does so without an entry.

import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { ApiKeys } from '../../api/ports/keys.ts';
import type { Principal } from '../../api/ports/principal.ts';
import type { OpenedSession, Sessions } from '../../api/ports/sessions.ts';
import { actorOf } from '../../domain/policy/identity.ts';
import type { People } from '../../domain/policy/people.ts';
import { roleAtLeast } from '../../domain/role.ts';
import { heldBy, liveKeys } from './api-keys.ts';
import { appendAudit } from './audit/append.ts';
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
  people: People,
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
      return principal === null || !mayLogIn(principal) ? null : openAs(principal, 'logged in with the key');
    },

    async openFor(keyId) {
      const row = await liveKeys(db).where('key_id', '=', keyId).executeTakeFirst();
      const principal = row === undefined ? null : heldBy(people, row);
      return principal === null || !mayLogIn(principal)
        ? null
        : openAs(principal, 'logged in with a one-time link');
    },

    async find(token, used) {
      if (!tokenPattern.test(token)) return null;
      const tokenHash = sha256(token);
      const row = await liveKeys(db)
        .innerJoin('sessions', 'api_keys.key_id', 'sessions.key_id')
        .select(['last_seen_at_ms', 'sessions.expires_at_ms'])
        .where('token_hash', '=', tokenHash)
        .executeTakeFirst();
      if (row === undefined) return null;
      const nowMs = row.now_ms;
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
      return heldBy(people, row);
    },

    async end(token) {
      await transact(db, async (trx) => {
        const ended = await trx
          .deleteFrom('sessions')
          .using('api_keys')
          .whereRef('api_keys.key_id', '=', 'sessions.key_id')
          .where('token_hash', '=', sha256(token))
          .returning(['sessions.key_id', 'name', 'role', 'person', 'reach', 'host', 'belongs_to'])
          .executeTakeFirst();
        const principal = ended === undefined ? null : heldBy(people, ended);
        if (principal === null) return;
        await audit(trx, 'session.end', principal, await databaseNowMs(trx), 'logged out');
      });
    },
  };
}

/** A key that only sends opens no pages. */
function mayLogIn({ role }: Principal): boolean {
  return roleAtLeast(role, 'viewer');
}

async function audit(
  trx: Kysely<Schema>,
  action: 'session.open' | 'session.end',
  principal: Principal,
  atMs: number,
  reason: string,
): Promise<void> {
  const { keyId, role } = principal;
  const entry = { action, atMs, reason, subject: `key/${keyId}`, planHash: null, details: { role } };
  await appendAudit(trx, [{ actor: actorOf(principal), ...entry }]);
}
