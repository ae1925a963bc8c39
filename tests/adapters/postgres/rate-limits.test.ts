// How many effects the gate lets out within a minute and an hour: on one target, in one environment, in all of them.

import { type RawBuilder, sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Database } from '../../../adapters/postgres/index.ts';
import type { LimitsConfig } from '../../../domain/remediation/limits.ts';
import { describeStores, testLimits } from '../../support/stores.ts';
import { passGate, perform, readyToAct, unique } from './fixtures.ts';

const [minuteMs, hourMs] = [60_000, 3_600_000];

/** By limit: how long an effect counts, and what else it counts for. */
const limits = [
  ['effectsPerTargetPerMinute', minuteMs, 'same target'],
  ['effectsPerTargetPerHour', hourMs, 'same target'],
  ['effectsPerEnvironmentPerMinute', minuteMs, 'same environment'],
  ['effectsPerEnvironmentPerHour', hourMs, 'same environment'],
  ['effectsPerMinute', minuteMs, 'anywhere'],
  ['effectsPerHour', hourMs, 'anywhere'],
] as const satisfies readonly (readonly [keyof LimitsConfig, number, string])[];

/** What has been done is never rewritten, except here. */
const rewrite = ({ db }: Database, how: RawBuilder<unknown>) =>
  db.transaction().execute(async (trx) => {
    await sql`alter table intents disable trigger user`.execute(trx);
    await how.execute(trx);
    await sql`alter table intents enable trigger user`.execute(trx);
  });

/** All effects that there are become older. */
const later = (database: Database, byMs: number) =>
  rewrite(database, sql`update intents set written_at_ms = written_at_ms - ${byMs}::bigint`);

await describeStores('the rate limits', (use) => {
  /** One effect on a target of its own, and whether the next one is let out while only one is allowed. */
  async function afterOne(limit: keyof LimitsConfig, where: 'same target' | 'same environment' | 'anywhere') {
    const { stores, database, withOptions } = use();
    await later(database, 2 * hourMs);
    const environment = unique('env');
    const first = await readyToAct(stores, { environment });
    const intentId = await perform(stores, first);
    await stores.incidents.closeEpisode(first.incidentId, 'resolved', Date.now());
    const next = await readyToAct(stores, {
      environment: where === 'anywhere' ? unique('env') : environment,
      ...(where === 'same target' ? {} : { service: 'worker' }),
    });
    const { incidentId, planHash } = next;
    const narrow = withOptions({ limits: { ...testLimits, [limit]: 1 } });
    const ask = async () => {
      const passed = await passGate(narrow, { incidentId, planHash, step: 0, direction: 'forward' });
      return passed.granted ? 'granted' : passed.reason;
    };
    return { stores, database, first, intentId, ask };
  }

  test.each(limits)('%s: an effect counts for %i ms, %s', async (limit, spanMs, where) => {
    const { database, ask } = await afterOne(limit, where);
    await later(database, spanMs / 2);
    expect(await ask()).toBe('rate-limited');
    await later(database, spanMs / 2);
    expect(await ask()).toBe('granted');
  });

  test.each([
    ['effectsPerTargetPerHour', 'same environment'],
    ['effectsPerEnvironmentPerHour', 'anywhere'],
  ] as const)('%s: what happened elsewhere (%s) does not count', async (limit, where) => {
    const { ask } = await afterOne(limit, where);
    expect(await ask()).toBe('granted');
  });

  test.each(limits)(
    '%s: what was never sent, as in a dry run, does not count',
    async (limit, _spanMs, where) => {
      const { database, intentId, ask } = await afterOne(limit, where);
      await rewrite(database, sql`update intents set status = 'failed' where id = ${intentId}`);
      expect(await ask(), 'it was sent, and failed').toBe('rate-limited');
      await rewrite(database, sql`update intents set sent_at_ms = null where id = ${intentId}`);
      expect(await ask()).toBe('granted');
    },
  );

  test.each(limits)('%s: an undo does not count', async (limit, spanMs, where) => {
    const { stores, database, first, ask } = await afterOne(limit, where);
    await later(database, spanMs);
    await sql`update episodes set closed_at_ms = null where incident_id = ${first.incidentId}`.execute(
      database.db,
    );
    await perform(stores, first, 0, 'compensation');
    await stores.incidents.closeEpisode(first.incidentId, 'resolved', Date.now());
    expect(await ask()).toBe('granted');
  });
});
