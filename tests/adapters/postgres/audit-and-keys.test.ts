// The audit trail cannot be changed, by nobody; keys are shown once, compared by hash, and can be revoked.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createStores, generateKey, openDatabase } from '../../../adapters/postgres/index.ts';
import { canonicalJson } from '../../../domain/audit/canonical.ts';
import { testPeople } from '../../support/people.ts';
import { describePostgresStores, describeStores, testLimits } from '../../support/stores.ts';
import {
  anomalyOf,
  askPeople,
  oneOperator,
  passGate,
  perform,
  person,
  readyToAct,
  unique,
} from './fixtures.ts';

await describeStores('the audit trail', (use) => {
  test('update, delete and truncate are refused, to the owner as well, even when no row matches', async () => {
    const { stores, database } = use();
    await stores.killSwitch.set(unique('env'), true, person('ada', 'admin'), 'test');
    for (const statement of [
      "update audit set reason = 'nothing happened'",
      'update audit set reason = reason where false',
      'delete from audit',
      'delete from audit where seq < 0',
      'truncate audit, audit_chain',
      'truncate audit cascade',
      'insert into audit select * from audit on conflict (seq) do update set reason = excluded.reason',
    ]) {
      await expect(sql.raw(statement).execute(database.db), statement).rejects.toThrow('append-only');
    }
    const { items } = await stores.audit.query({ actor: 'person:ada' }, 10, null);
    expect(items.length).toBeGreaterThan(0);
  });

  test('also in the session mode in which ordinary triggers are silent', async () => {
    const { stores, database } = use();
    await stores.killSwitch.set(unique('env'), true, person('ada', 'admin'), 'test');
    await database.db.connection().execute(async (session) => {
      await sql`set session_replication_role = replica`.execute(session);
      await expect(sql`delete from audit`.execute(session)).rejects.toThrow('append-only');
      await sql`set session_replication_role = origin`.execute(session);
    });
  });

  test('the stored bytes are canonical, hash to the stored digest, and say what the columns say', async () => {
    const { stores, database } = use();
    const environment = unique('env');
    const reason = 'because \u0000 "quoted" \ud83d \u2028 é 💥';
    await stores.killSwitch.set(environment, true, person('Ärmel'), reason);
    const row = await database.db
      .selectFrom('audit')
      .selectAll()
      .where('subject', '=', `environment/${environment}`)
      .executeTakeFirstOrThrow();
    expect(createHash('sha256').update(row.canonical).digest('hex')).toBe(row.digest);
    const text = Buffer.from(row.canonical).toString('utf8');
    const parsed = JSON.parse(text);
    expect(canonicalJson(parsed)).toBe(text);
    // The text says when it happened, the column when the database wrote it down.
    const { atMs } = parsed;
    expect(row.at_ms).toBeGreaterThanOrEqual(atMs);
    const { plan_hash: planHash, actor, action, subject } = row;
    expect(parsed).toEqual({
      actor,
      action,
      atMs,
      reason: row.reason,
      subject,
      planHash,
      details: parsed.details,
    });
    expect(row.reason).toBe('because \ufffd "quoted" \ufffd \u2028 é 💥');
  });

  test('queries: by actor, action, subject and time, newest first, page by page', async () => {
    const { stores } = use();
    const actor = unique('ada');
    const environments = [unique('env'), unique('env'), unique('env')];
    for (const environment of environments)
      await stores.killSwitch.set(environment, true, person(actor), 'x');
    const filter = { actor: `person:${actor}`, action: 'kill-switch.set' };
    const first = await stores.audit.query(filter, 2, null);
    const second = await stores.audit.query(filter, 2, first.nextCursor);
    expect([...first.items, ...second.items].map((entry) => entry.subject)).toEqual(
      environments.toReversed().map((environment) => `environment/${environment}`),
    );
    expect(second.nextCursor).toBeNull();
    const [newest] = first.items;
    const at = newest?.atMs ?? 0;
    const subject = newest?.subject;
    expect((await stores.audit.query({ subject, fromMs: at, toMs: at }, 10, null)).items).toHaveLength(1);
    expect((await stores.audit.query({ subject, fromMs: at + 1 }, 10, null)).items).toEqual([]);
    expect((await stores.audit.query({ subject, toMs: at - 1 }, 10, null)).items).toEqual([]);
    expect((await stores.audit.query({ action: 'no-such-action' }, 10, null)).items).toEqual([]);
  });

  test('a refusal that is repeated is written down once, until something changes', async () => {
    const { stores } = use();
    const incidentId = unique('incident');
    const input = { incidentId, planHash: 'f'.repeat(64), step: 0, direction: 'forward' as const };
    await passGate(stores, input);
    await passGate(stores, input);
    await passGate(stores, { ...input, step: 1 });
    await passGate(stores, input);
    const { items } = await stores.audit.query({ subject: incidentId, action: 'gate.refuse' }, 10, null);
    expect(items.map((entry) => JSON.parse(entry.canonical).details.step)).toEqual([0, 1, 0]);
  });
});

await describeStores('API keys', (use) => {
  test('a key is shown once, authenticates as its principal, and is stored as a hash only', async () => {
    const { stores, database } = use();
    const { keyId, key } = await stores.apiKeys.create(
      { name: 'ci \u0000', role: 'operator' },
      person('ada', 'admin'),
    );
    expect(key).toMatch(/^sntl_[a-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
    expect(await stores.apiKeys.authenticate(key)).toEqual({
      keyId,
      name: 'ci \ufffd',
      role: 'operator',
      person: 'ada',
    });
    const { rows } = await sql<{ all: string }>`select k::text as all from api_keys k`.execute(database.db);
    expect(rows.some((row) => row.all.includes(key.slice(-43)))).toBe(false);
    expect(await stores.apiKeys.list()).toContainEqual({
      keyId,
      name: 'ci \ufffd',
      role: 'operator',
      person: 'ada',
      belongsTo: null,
      reach: null,
      host: null,
      createdAtMs: expect.any(Number),
      expiresAtMs: null,
      lastUsedAtMs: expect.any(Number),
      revokedAtMs: null,
    });
  });

  test('an agent speaks for the machine of its key, and only a key of an agent has one', async () => {
    const { stores, database } = use();
    const ada = person('ada', 'admin');
    const { key } = await stores.apiKeys.create({ name: 'web1', role: 'agent', host: 'web1' }, ada);
    expect(await stores.apiKeys.authenticate(key)).toMatchObject({ role: 'agent', host: 'web1' });
    await expect(stores.apiKeys.create({ name: 'no machine', role: 'agent' }, ada)).rejects.toThrow(
      'api_keys_host_check',
    );
    await expect(
      stores.apiKeys.create({ name: 'a machine', role: 'admin', host: 'web1' }, ada),
    ).rejects.toThrow('api_keys_host_check');
    const { rows } = await sql<{ text: string }>`select convert_from(canonical, 'utf8') as text from audit
      where action = 'api-key.create'`.execute(database.db);
    expect(rows.map(({ text }) => JSON.parse(text).details)).toContainEqual(
      expect.objectContaining({ role: 'agent', host: 'web1' }),
    );
  });

  test('anything else authenticates nobody', async () => {
    const { stores } = use();
    const { keyId, key } = await stores.apiKeys.create({ name: 'ci', role: 'admin' }, person('ada', 'admin'));
    const other = generateKey(keyId);
    const wrong = [
      '',
      'x',
      keyId,
      other,
      `${key}x`,
      key.slice(0, -1),
      key.toUpperCase(),
      `${key}\u0000`,
      ` ${key}`,
    ];
    for (const presented of wrong) expect(await stores.apiKeys.authenticate(presented), presented).toBeNull();
  });

  test('revoked: at once, once, and for good', async () => {
    const { stores } = use();
    const { keyId, key } = await stores.apiKeys.create({ name: 'ci', role: 'admin' }, person('ada', 'admin'));
    const other = (await stores.apiKeys.create({ name: 'cd', role: 'viewer' }, person('ada', 'admin'))).keyId;
    const asked = [keyId, other, 'none'];
    expect(await stores.apiKeys.active(asked)).toEqual(new Set([keyId, other]));
    expect(await stores.apiKeys.revoke(keyId, person('ben', 'admin'))).toBe(true);
    expect(await stores.apiKeys.authenticate(key)).toBeNull();
    expect(await stores.apiKeys.active(asked)).toEqual(new Set([other]));
    expect(await stores.apiKeys.active([])).toEqual(new Set());
    expect(await stores.apiKeys.revoke(keyId, person('ben', 'admin'))).toBe(false);
    expect(await stores.apiKeys.revoke('none', person('ben', 'admin'))).toBe(false);
    const { items } = await stores.audit.query({ subject: `key/${keyId}` }, 10, null);
    expect(items.map((entry) => [entry.actor, entry.action])).toEqual([
      ['person:ben', 'api-key.revoke'],
      ['person:ada', 'api-key.create'],
    ]);
  });

  test('a key with an end is no key after it, and a session it opened is over', async () => {
    const { stores } = use();
    const made = { name: 'ci', role: 'operator', expiresAtMs: Date.now() + 600_000 } as const;
    const { keyId, key } = await stores.apiKeys.create(made, person('ada', 'admin'));
    const session = await stores.sessions.open(key);
    expect(await stores.apiKeys.authenticate(key)).not.toBeNull();
    await sql`update api_keys set expires_at_ms = 1 where key_id = ${keyId}`.execute(use().database.db);
    expect(await stores.apiKeys.authenticate(key)).toBeNull();
    expect(await stores.apiKeys.active([keyId])).toEqual(new Set());
    expect(await stores.sessions.find(session?.token ?? '', true)).toBeNull();
    expect(await stores.sessions.openFor(keyId)).toBeNull();
  });

  test('a key that only sends opens no pages', async () => {
    const { stores } = use();
    const { keyId, key } = await stores.apiKeys.create(
      { name: 'agent', role: 'ingest' },
      person('ada', 'admin'),
    );
    expect(await stores.apiKeys.authenticate(key)).toMatchObject({ role: 'ingest' });
    expect(await stores.sessions.open(key)).toBeNull();
    expect(await stores.sessions.openFor(keyId)).toBeNull();
  });

  test('a key counts for whoever made it, and so does what is made with it', async () => {
    const { stores } = use();
    const bootstrap = generateKey();
    await stores.apiKeys.ensureBootstrap(bootstrap);
    const admin = await stores.apiKeys.authenticate(bootstrap);
    if (admin === null) throw new Error('no bootstrap key');
    const bob = await stores.apiKeys.create({ name: 'bob', role: 'admin' }, admin);
    const asBob = await stores.apiKeys.authenticate(bob.key);
    if (asBob === null) throw new Error('no key');
    const carol = await stores.apiKeys.create({ name: 'carol', role: 'admin' }, asBob);
    expect((await stores.apiKeys.authenticate(carol.key))?.person).toBe('owner');
  });

  test('the last use is known to the minute; reach is kept as it was given', async () => {
    const { stores } = use();
    const reach = { environments: ['prod*'], services: ['api'] };
    const made = { name: 'agent', role: 'ingest', reach } as const;
    const { keyId, key } = await stores.apiKeys.create(made, person('ada', 'admin'));
    const record = async () => (await stores.apiKeys.list()).find((one) => one.keyId === keyId);
    expect(await record()).toMatchObject({ lastUsedAtMs: null, reach });
    expect(await stores.apiKeys.authenticate(key)).toMatchObject({ reach });
    const used = (await record())?.lastUsedAtMs ?? 0;
    expect(used).toBeGreaterThan(0);
    await stores.apiKeys.authenticate(key);
    expect((await record())?.lastUsedAtMs).toBe(used);
    await sql`update api_keys set last_used_at_ms = ${used - 61_000} where key_id = ${keyId}`.execute(
      use().database.db,
    );
    await stores.apiKeys.authenticate(key);
    expect((await record())?.lastUsedAtMs).toBeGreaterThanOrEqual(used);
  });

  test('the operator’s own key: made an admin once, its secret replaceable, never again after revocation', async () => {
    const { stores } = use();
    const keyId = `boot${Date.now()}`;
    const first = generateKey(keyId);
    const second = generateKey(keyId);
    await stores.apiKeys.ensureBootstrap(first);
    await stores.apiKeys.ensureBootstrap(first);
    expect(await stores.apiKeys.authenticate(first)).toEqual({
      keyId,
      name: 'bootstrap',
      role: 'admin',
      person: 'owner',
    });
    expect((await stores.audit.query({ subject: `key/${keyId}` }, 10, null)).items).toHaveLength(1);
    await stores.apiKeys.ensureBootstrap(second);
    expect(await stores.apiKeys.authenticate(first)).toBeNull();
    expect(await stores.apiKeys.authenticate(second)).toMatchObject({ role: 'admin' });
    await stores.apiKeys.revoke(keyId, person('ada', 'admin'));
    expect(await stores.apiKeys.ensureBootstrap(second)).toBe(false);
    expect(await stores.apiKeys.authenticate(second)).toBeNull();
    await expect(stores.apiKeys.ensureBootstrap('secret')).rejects.toThrow('must look like sntl_');
    expect(await stores.apiKeys.authenticate(second)).toBeNull();
  });
});

await describePostgresStores('the application role of deploy/postgres/roles.sql', (use) => {
  test('can do the work, but not touch the trail, delete intents, or change the schema', async () => {
    const { database } = use();
    const roles = await readFile(new URL('../../../deploy/postgres/roles.sql', import.meta.url), 'utf8');
    await sql.raw(roles).execute(database.db);
    await sql.raw(roles).execute(database.db);
    const url = `postgres://sentinel_app@${database.location}`;
    const app = await openDatabase({ url, maxConnections: 2 });
    try {
      const stores = createStores(app, { limits: testLimits, people: testPeople });
      const ready = await readyToAct(stores);
      await perform(stores, ready);
      await stores.incidents.closeEpisode(ready.incidentId, 'resolved', Date.now());
      await stores.killSwitch.set(unique('env'), true, person('ada', 'admin'), 'x');
      await stores.maintenance.prune();
      const anomaly = anomalyOf({ environment: unique('env') });
      await stores.inbox.put([{ id: unique('item'), kind: 'anomaly', anomaly }]);
      for (const { id } of await stores.inbox.take(10, 1_000)) await stores.inbox.done(id);
      await stores.episodes.assign(anomaly, { windowMs: 1_000, maxHops: 1 });
      const asked = await readyToAct(stores, { verdict: oneOperator });
      await askPeople(stores, asked);
      const { incidentId, planHash } = asked;
      const decision = {
        incidentId,
        planHash,
        principal: person('ann'),
        decision: 'approve' as const,
        reason: '',
      };
      expect(await stores.approvals.decide(decision)).toMatchObject({ recorded: true });
      expect(await stores.auditChain.verify()).toMatchObject({ ok: true });
      expect(await stores.eventFeed.read(0, 1)).toHaveLength(1);
      const { key } = await stores.apiKeys.create({ name: 'ci', role: 'viewer' }, person('ada', 'admin'));
      expect(await stores.apiKeys.authenticate(key)).toMatchObject({ role: 'viewer' });
      for (const statement of [
        'update audit set reason = reason',
        'delete from audit',
        'truncate audit',
        'alter table audit disable trigger all',
        'drop table audit',
        'delete from intents',
        "insert into audit_chain values (1, 1, 'x')",
        'delete from audit_chain',
        'delete from audit_pending',
        'delete from diagnoses',
        "select setval('audit_row_seq', 1)",
        "update sentinel_migration set name = 'x'",
        'update incident_events set seq = seq',
        'delete from plans',
        'create table mine (a int)',
      ]) {
        await expect(sql.raw(statement).execute(app.db), statement).rejects.toThrow(
          /permission denied|must be owner/,
        );
      }
    } finally {
      await app.close();
    }
  });
});
