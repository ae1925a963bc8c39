/** What doctor says of the audit: how many links hold, which does not, and whether this role could rewrite them. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createStores, openDatabase } from '../../adapters/postgres/index.ts';
import { standardChecks } from '../../cli/doctor/checks.ts';
import { loadConfig } from '../../config/load.ts';
import { person } from '../adapters/postgres/fixtures.ts';
import { describeWithPostgres } from '../support/postgres.ts';
import { testLimits } from '../support/stores.ts';

async function auditFinding(env: Record<string, string>) {
  const loaded = loadConfig({ env, cwd: '/' });
  if (!loaded.ok) throw new Error('the configuration is not accepted');
  // Others ask for servers that are not there.
  for (const check of standardChecks(loaded.config)) {
    if (check.name !== 'audit') continue;
    return check();
  }
  throw new Error('doctor does not look at the audit');
}

await describeWithPostgres('doctor', (url) => {
  test('counts the links that hold, and names the first entry that does not', async () => {
    const database = await openDatabase({ url: url(), maxConnections: 2 });
    try {
      const env = { SENTINEL_POSTGRES_URL: url() };
      const { killSwitch } = createStores(database, { limits: testLimits });
      await killSwitch.set('production', true, person('ada', 'admin'), 'x');
      await killSwitch.set('production', false, person('ada', 'admin'), 'y');
      expect(await auditFinding(env)).toMatchObject({
        status: 'warning',
        detail: expect.stringMatching(/^all 2 links are intact\. .* can rewrite the audit\.$/),
        advice: expect.stringContaining('roles.sql'),
      });
      await sql`alter table audit disable trigger all`.execute(database.db);
      await sql`update audit set reason = 'z' where reason = 'y'`.execute(database.db);
      expect(await auditFinding(env)).toMatchObject({
        status: 'missing',
        detail: expect.stringContaining('entry 2'),
      });
    } finally {
      await database.close();
    }
  });
});
