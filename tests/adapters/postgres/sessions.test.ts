// A session lives as long as its key, its use and its time allow, and no look into the table gives one away.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { generateKey } from '../../../adapters/postgres/index.ts';
import { describeStores } from '../../support/stores.ts';
import { person, unique } from './fixtures.ts';

const hourMs = 3_600_000;

await describeStores('sessions', (use) => {
  const loggedIn = async () => {
    const { stores, database } = use();
    const { keyId, key } = await stores.apiKeys.create(
      { name: unique('ada'), role: 'operator' },
      person('test', 'admin'),
    );
    const opened = await stores.sessions.open(key);
    if (opened === null) throw new Error('no session');
    return { stores, db: database.db, keyId, key, ...opened };
  };
  const age = (db: ReturnType<typeof use>['database']['db'], column: string, byMs: number) =>
    sql`update sessions set ${sql.ref(column)} = ${sql.ref(column)} - ${byMs}`.execute(db);

  test('opened by a key, found by its token, as the key is', async () => {
    const { stores, token, keyId } = await loggedIn();
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await stores.sessions.find(token, false)).toMatchObject({ keyId, role: 'operator' });
  });

  test.each(['', 'x', generateKey(), `${generateKey()}x`])('no session for %j', async (presented) => {
    expect(await use().stores.sessions.open(presented)).toBeNull();
  });

  test.each(['', 'x'.repeat(43), "' or 1=1 --", '\u0000', 'x'.repeat(10_000)])(
    'no token like %j',
    async (token) => {
      await loggedIn();
      expect(await use().stores.sessions.find(token, true)).toBeNull();
    },
  );

  test('ends at once when its key is revoked', async () => {
    const { stores, token, keyId } = await loggedIn();
    await stores.apiKeys.revoke(keyId, person('test', 'admin'));
    expect(await stores.sessions.find(token, true)).toBeNull();
  });

  test('ends with logout, also twice; others go on', async () => {
    const { stores, token, key } = await loggedIn();
    const other = await stores.sessions.open(key);
    await stores.sessions.end(token);
    await stores.sessions.end(token);
    expect(await stores.sessions.find(token, true)).toBeNull();
    expect(await stores.sessions.find(other?.token ?? '', true)).not.toBeNull();
  });

  test('who logs in and out is in the audit trail, once each, without the token', async () => {
    const { stores, token, keyId, principal } = await loggedIn();
    await stores.sessions.openFor(keyId);
    await stores.sessions.end(token);
    await stores.sessions.end(token);
    await stores.sessions.end('x'.repeat(43));
    const { items } = await stores.audit.query({ subject: `key/${keyId}` }, 10, null);
    expect(items.map(({ action, reason }) => [action, reason])).toEqual([
      ['session.end', 'logged out'],
      ['session.open', 'logged in with a one-time link'],
      ['session.open', 'logged in with the key'],
      ['api-key.create', 'a key was created'],
    ]);
    expect(new Set(items.slice(0, 3).map(({ actor }) => actor))).toEqual(
      new Set([`key:${keyId}/${principal.name}`]),
    );
    expect(JSON.stringify(items)).not.toContain(token);
  });

  test('ends when nobody did anything for too long; a page that refreshes itself does not count', async () => {
    const { stores, db, token } = await loggedIn();
    await age(db, 'last_seen_at_ms', 11 * hourMs);
    expect(await stores.sessions.find(token, false)).not.toBeNull();
    await age(db, 'last_seen_at_ms', 2 * hourMs);
    expect(await stores.sessions.find(token, true)).toBeNull();
  });

  test('goes on when it is used', async () => {
    const { stores, db, token } = await loggedIn();
    await age(db, 'last_seen_at_ms', 11 * hourMs);
    expect(await stores.sessions.find(token, true)).not.toBeNull();
    await age(db, 'last_seen_at_ms', 11 * hourMs);
    expect(await stores.sessions.find(token, true)).not.toBeNull();
  });

  test('ends after its time, however much it is used', async () => {
    const { stores, db, token } = await loggedIn();
    await age(db, 'expires_at_ms', 7 * 24 * hourMs);
    expect(await stores.sessions.find(token, true)).toBeNull();
  });

  test('the table holds no token', async () => {
    const { db, token } = await loggedIn();
    const { rows } = await sql<{ text: string }>`select sessions::text as text from sessions`.execute(db);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ text }) => text.includes(token))).toEqual([]);
    const plain = Buffer.from(token).toString('hex');
    expect(rows.filter(({ text }) => text.includes(plain))).toEqual([]);
  });

  test('pruning takes the ended ones and leaves the others', async () => {
    const { stores, db, token } = await loggedIn();
    const gone = await loggedIn();
    await sql`update sessions set expires_at_ms = 1 where key_id = ${gone.keyId}`.execute(db);
    await stores.maintenance.prune();
    const { rows } = await sql<{ key_id: string }>`select key_id from sessions`.execute(db);
    expect(rows.map((row) => row.key_id)).not.toContain(gone.keyId);
    expect(await stores.sessions.find(token, true)).not.toBeNull();
  });
});
