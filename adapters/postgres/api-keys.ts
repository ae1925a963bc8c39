// ApiKeys: `sntl_<keyId>_<secret>`. Only a SHA-256 of the key is stored. That is enough, and a slow hash such as argon2
// would be none the safer: the secret is 256 random bits, so there is no guessing that slowness could slow down, while
// every request would pay for it. The id in the key finds the row; the hash is compared in constant time.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import type { ApiKeys, NewKey } from '../../api/ports/keys.ts';
import type { Principal } from '../../api/ports/principal.ts';
import type { AuditDetail } from '../../domain/audit/event.ts';
import { actorOf, owner, sentinelActor } from '../../domain/policy/identity.ts';
import type { People, Person } from '../../domain/policy/people.ts';
import { narrowed } from '../../domain/policy/reach.ts';
import { lowerRole } from '../../domain/role.ts';
import { appendAudit } from './audit/append.ts';
import { databaseNow, databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { sha256 } from './digest.ts';
import { createGrouped } from './grouped.ts';
import { json, storable } from './text.ts';
import { transact } from './transact.ts';

const keyPattern = /^sntl_([a-z0-9]{4,32})_[A-Za-z0-9_-]{43,}$/;
const nobody = sha256('a key that does not exist');

/** A key that sends telemetry is used many times a second; its last use need not be known better than this. */
const touchEveryMs = 60_000;

/** The key that the operator gives does not have the form of one. */
export class UnusableKey extends Error {
  override readonly name = 'UnusableKey';
}

export type BootstrapKeys = {
  /**
   * Makes a key given by the operator an admin key, once; later calls with it change nothing. The same key id with a new
   * secret replaces the old secret. False when it was revoked: it stays so. Throws UnusableKey when the form is wrong.
   */
  ensureBootstrap(key: string): Promise<boolean>;
};

/** A fresh key in the form that this store accepts. */
export function generateKey(keyId = randomBytes(6).toString('hex')): string {
  return `sntl_${keyId}_${randomBytes(32).toString('base64url')}`;
}

export function createApiKeys(db: Kysely<Schema>, people: People): ApiKeys & BootstrapKeys {
  // Requests that come together share a look. Nothing is remembered: each look begins after the request came, so a key that was
  // revoked before is not found.
  const rowOf = createGrouped((keyIds: readonly string[]) => rowsOf(db, keyIds), {
    sizeOf: () => 1,
    maxGroupSize: 1_000,
    maxWaitingSize: 10_000,
  });
  return {
    async authenticate(presented) {
      const keyId = keyPattern.exec(presented)?.[1];
      const row = keyId === undefined ? undefined : await rowOf(keyId);
      const equal = timingSafeEqual(sha256(presented), row?.hash ?? nobody);
      if (row === undefined || !equal) return null;
      await touch(db, row.key_id, row.last_used_at_ms, row.now_ms);
      return heldBy(people, row);
    },

    async create(made, by) {
      const key = generateKey();
      const keyId = idOf(key);
      await transact(db, (trx) =>
        store(trx, { ...made, keyId, key, person: by.person, by: actorOf(by), createdBy: by.name }),
      );
      return { keyId, key };
    },

    async list() {
      const rows = await db
        .selectFrom('api_keys')
        .selectAll()
        .orderBy('created_at_ms')
        .orderBy('key_id')
        .execute();
      return rows.map((row) => ({
        keyId: row.key_id,
        name: row.name,
        role: row.role,
        person: claimed(people, row.key_id)?.name ?? row.person,
        belongsTo: claimed(people, row.key_id)?.name ?? row.belongs_to,
        reach: row.reach,
        host: row.host,
        createdAtMs: row.created_at_ms,
        expiresAtMs: row.expires_at_ms,
        lastUsedAtMs: row.last_used_at_ms,
        revokedAtMs: row.revoked_at_ms,
      }));
    },

    async revoke(keyId, by) {
      return transact(db, async (trx) => {
        const atMs = await databaseNowMs(trx);
        const revoked = await trx
          .updateTable('api_keys')
          .set({ revoked_at_ms: atMs, revoked_by: storable(actorOf(by)) })
          .where('key_id', '=', storable(keyId))
          .where('revoked_at_ms', 'is', null)
          .returning('name')
          .executeTakeFirst();
        if (revoked === undefined) return false;
        await audit(trx, 'api-key.revoke', keyId, actorOf(by), atMs, { name: revoked.name });
        return true;
      });
    },

    async active(keyIds) {
      if (keyIds.length === 0) return new Set();
      const rows = await liveKeys(db).where('key_id', 'in', keyIds).execute();
      return new Set(rows.filter((row) => heldBy(people, row) !== null).map((row) => row.key_id));
    },

    async ensureBootstrap(key) {
      if (!keyPattern.test(key)) {
        throw new UnusableKey(
          'the admin key must look like sntl_<id>_<secret>: an id of 4 to 32 small letters and digits, and a secret of ' +
            'at least 43 letters, digits, - or _ (32 random bytes in base64url)',
        );
      }
      const keyId = idOf(key);
      return transact(db, async (trx) => {
        const known = await trx
          .selectFrom('api_keys')
          .select(['hash', 'revoked_at_ms'])
          .where('key_id', '=', keyId)
          .forUpdate()
          .executeTakeFirst();
        if (known !== undefined && known.revoked_at_ms !== null) return false;
        if (known !== undefined && timingSafeEqual(sha256(key), known.hash)) return true;
        const made = { name: 'bootstrap', role: 'admin', person: owner } as const;
        await store(trx, { ...made, keyId, key, by: sentinelActor, createdBy: 'operator' });
        return true;
      });
    },
  };
}

/** Keys that are accepted now, by the database's clock; the one place that says so. */
export function liveKeys(db: Kysely<Schema>) {
  return db
    .selectFrom('api_keys')
    .select(['api_keys.key_id', 'name', 'role', 'person', 'belongs_to', 'reach', 'host'])
    .select(databaseNow.as('now_ms'))
    .where('revoked_at_ms', 'is', null)
    .where((where) =>
      where.or([
        where('api_keys.expires_at_ms', 'is', null),
        where('api_keys.expires_at_ms', '>', databaseNow),
      ]),
    );
}

async function rowsOf(db: Kysely<Schema>, keyIds: readonly string[]) {
  const rows = await liveKeys(db)
    .select(['hash', 'last_used_at_ms'])
    .where('key_id', 'in', [...new Set(keyIds)])
    .execute();
  const byId = new Map(rows.map((row) => [row.key_id, row]));
  return keyIds.map((keyId) => byId.get(keyId));
}

type KeyRow = Pick<
  Selectable<Schema['api_keys']>,
  'key_id' | 'name' | 'role' | 'person' | 'belongs_to' | 'reach' | 'host'
>;

/**
 * What a key is worth in the hands of whoever holds it: a key of somebody does at most what they may do now, and nothing when
 * the configuration does not name them any more (null). Only a key that the configuration says is theirs alone counts for them.
 */
export function heldBy(people: People, row: KeyRow): Principal | null {
  const { key_id: keyId, name, role, person, reach, host, belongs_to: belongsTo } = row;
  const theirs = claimed(people, keyId);
  const holder = theirs ?? (belongsTo === null ? null : people.named(belongsTo));
  if (holder === null && belongsTo !== null) return null;
  const both = narrowed(reach ?? undefined, holder?.reach);
  return {
    keyId,
    name: theirs?.name ?? name,
    role: holder === null ? role : lowerRole(role, holder.role),
    person: theirs?.name ?? person,
    ...(both === undefined ? {} : { reach: both }),
    ...(host === null ? {} : { host }),
  };
}

function claimed(people: People, keyId: string): Person | null {
  const door = people.behind(keyId);
  return door?.door === 'key' ? door : null;
}

async function touch(
  db: Kysely<Schema>,
  keyId: string,
  lastUsedAtMs: number | null,
  nowMs: number,
): Promise<void> {
  if (lastUsedAtMs !== null && nowMs < lastUsedAtMs + touchEveryMs) return;
  await db.updateTable('api_keys').set({ last_used_at_ms: nowMs }).where('key_id', '=', keyId).execute();
}

function idOf(key: string): string {
  return keyPattern.exec(key)?.[1] ?? '';
}

type Stored = NewKey & {
  readonly keyId: string;
  readonly key: string;
  readonly person: string;
  /** The actor of the audit's entry. */
  readonly by: string;
  readonly createdBy: string;
};

async function store(trx: Kysely<Schema>, made: Stored): Promise<void> {
  const { keyId, key, name, role, person, belongsTo = null, reach, host = null, expiresAtMs = null } = made;
  const { by, createdBy } = made;
  const createdAtMs = await databaseNowMs(trx);
  const row = {
    name: storable(name),
    role,
    person: storable(person),
    belongs_to: belongsTo === null ? null : storable(belongsTo),
    reach: reach === undefined ? null : json(reach),
    host,
    expires_at_ms: expiresAtMs,
    hash: sha256(key),
    created_at_ms: createdAtMs,
    created_by: storable(createdBy),
  };
  await trx
    .insertInto('api_keys')
    .values({ key_id: keyId, ...row })
    .onConflict((conflict) => conflict.column('key_id').doUpdateSet(row))
    .execute();
  await audit(trx, 'api-key.create', keyId, by, createdAtMs, {
    name,
    role,
    person,
    ...(belongsTo === null ? {} : { belongsTo }),
    ...(reach === undefined ? {} : { reach: JSON.stringify(reach) }),
    ...(host === null ? {} : { host }),
    ...(expiresAtMs === null ? {} : { expiresAtMs }),
  });
}

async function audit(
  trx: Kysely<Schema>,
  action: 'api-key.create' | 'api-key.revoke',
  keyId: string,
  actor: string,
  atMs: number,
  details: Readonly<Record<string, AuditDetail>>,
): Promise<void> {
  const reason = action === 'api-key.create' ? 'a key was created' : 'a key was revoked';
  await appendAudit(trx, [{ actor, action, atMs, reason, subject: `key/${keyId}`, planHash: null, details }]);
}
