// Keys of targets that a former version stored are those that this one looks for.

import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrations } from '../../../adapters/postgres/database/migrations/index.ts';
import type { Schema } from '../../../adapters/postgres/database/schema.ts';
import { targetKey } from '../../../domain/inventory/target.ts';

const migration = '0052-target-keys';
let db: Kysely<Schema>;

/** As a version before this one wrote it. */
async function wrote(id: string, environment: string, service: string, status: string): Promise<void> {
  const body = JSON.stringify({ target: { environment, service } });
  await sql`insert into plans (plan_hash, incident_id, attempt, canonical, saved_at_ms) values (${id}, ${id}, 1, '', 0)`.execute(
    db,
  );
  await sql`insert into intents (id, incident_id, plan_hash, step, direction, environment, target_key, step_key, fence,
    body, status, written_at_ms, updated_at_ms) values (${id}, ${id}, ${id}, 0, 'forward', ${environment},
    ${`${environment}/${service}`}, ${`scale@${environment}/${service}`}, 7, ${body}, ${status}, 0, 0)`.execute(
    db,
  );
}

beforeAll(async () => {
  db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite: await PGlite.create() }) });
  for (const [name, { up }] of Object.entries(migrations)) {
    if (name === migration) break;
    await up(db);
  }
  await wrote('applied', 'production', 'orders', 'applied');
  await wrote('uncertain', 'production', 'team/orders', 'uncertain');
  await wrote('same-text', 'production/team', 'orders', 'written');
  await wrote('kind-like', 'service', 'orders', 'sent');
  for (const key of ['production/orders', 'production/team/orders', 'service/orders']) {
    await sql`insert into fences values (${key}, 7)`.execute(db);
    await sql`insert into leases values (${key}, 'i', 7, 99)`.execute(db);
  }
  await migrations[migration]?.up(db);
});
afterAll(async () => {
  await db.destroy();
});

const targets = [
  { environment: 'production', service: 'orders' },
  { environment: 'production', service: 'team/orders' },
  { environment: 'production/team', service: 'orders' },
  { environment: 'service', service: 'orders' },
];

test('intents, leases and fences have the keys that targets have now, and go on where they were', async () => {
  const keys = targets.map(targetKey).sort();
  const intents = await db.selectFrom('intents').select(['target_key', 'touches']).execute();
  expect(intents.map((one) => one.target_key).sort()).toEqual(keys);
  expect(intents.every(({ touches }) => touches.length === 0)).toBe(true);
  const fences = await db.selectFrom('fences').selectAll().orderBy('target_key').execute();
  expect(fences).toEqual(keys.map((target_key) => ({ target_key, last_fence: 7 })));
  const leases = await db.selectFrom('leases').selectAll().orderBy('target_key').execute();
  expect(leases).toEqual(
    keys.map((target_key) => ({ target_key, incident_id: 'i', fence: 7, expires_at_ms: 99 })),
  );
});

test('what has ended is guarded again', async () => {
  await expect(sql`update intents set target_key = 'x' where id = 'applied'`.execute(db)).rejects.toThrow(
    'already applied',
  );
  for (const change of [`target_key = 'x'`, `touches = '{x}'`])
    await expect(sql.raw(`update intents set ${change} where id = 'same-text'`).execute(db)).rejects.toThrow(
      'rewritten',
    );
});

test('a process of the former version can write no intent any more', async () => {
  await expect(wrote('late', 'production', 'orders', 'written')).rejects.toThrow('touches');
});
