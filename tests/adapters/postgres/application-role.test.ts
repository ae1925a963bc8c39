// Which role works with the database: in a folder never the owner, on a server the one it was given, and whoever could rewrite the
// audit is told so.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applicationRole } from '../../../adapters/postgres/database/application-role.ts';
import { auditOfServer, createStores, openDatabase } from '../../../adapters/postgres/index.ts';
import { testPeople } from '../../support/people.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { databaseCache, testLimits } from '../../support/stores.ts';
import { perform, person, readyToAct, unique } from './fixtures.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sentinel-role-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const forbidden = [
  'update audit set reason = reason',
  'delete from audit',
  'alter table audit disable trigger all',
  'delete from audit_chain',
  'delete from intents',
  'drop table audit',
  'create table mine (a int)',
];

test('deploy/postgres/roles.sql says the same as the embedded database is given', async () => {
  const file = await readFile(new URL('../../../deploy/postgres/roles.sql', import.meta.url), 'utf8');
  const plain = (text: string) => text.replace(/--.*$/gm, '').replace(/\s+/g, ' ').trim();
  expect(plain(file)).toBe(applicationRole.map((statement) => `${plain(statement)};`).join(' '));
});

test('the embedded database works as the application, also after it was opened again', async () => {
  for (const round of [1, 2]) {
    const database = await openDatabase({ dataDir: folder, cacheDir: databaseCache });
    try {
      const stores = createStores(database, { limits: testLimits, people: testPeople });
      await perform(stores, await readyToAct(stores));
      await stores.killSwitch.set(unique('env'), true, person('ada', 'admin'), 'x');
      await stores.maintenance.prune();
      expect(await stores.auditChain.verify()).toMatchObject({ ok: true });
      expect(await stores.auditChain.verifyNext(10_000)).toMatchObject({ ok: true });
      expect(await database.ownershipProblem()).toBeNull();
      for (const statement of forbidden) {
        const what = `${statement}, round ${round}`;
        await expect(sql.raw(statement).execute(database.db), what).rejects.toThrow(
          /permission denied|must be owner/,
        );
      }
    } finally {
      await database.close();
    }
  }
});

await describeWithPostgres('on a server', (url) => {
  test('an owner is told, the application role is not', async () => {
    const owner = await openDatabase({ url: url(), maxConnections: 2 });
    try {
      expect(await owner.ownershipProblem()).toMatch(/can rewrite the audit/);
      for (const statement of applicationRole) await sql.raw(statement).execute(owner.db);
      const stores = createStores(owner, { limits: testLimits });
      await stores.killSwitch.set(unique('env'), true, person('ada', 'admin'), 'x');
      expect(await auditOfServer(url(), 10)).toMatchObject({
        owner: expect.stringContaining('audit'),
        progress: { ok: true, checked: 1, links: 1 },
      });
      const asApplication = `postgres://sentinel_app@${owner.location}`;
      expect(await auditOfServer(asApplication, 10)).toMatchObject({ owner: null, progress: { ok: true } });
      const app = await openDatabase({ url: asApplication, maxConnections: 1 });
      expect(await app.ownershipProblem()).toBeNull();
      await app.close();
    } finally {
      await owner.close();
    }
  });
});
