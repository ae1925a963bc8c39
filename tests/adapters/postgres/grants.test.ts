// A grant is judged again at the gate: who voted, what they may do now, what policy asks now, and what the analysis stored.
// Nothing that is only told, by a workflow or by an event of the record, grants anything.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { GateInput } from '../../../activities/types.ts';
import { generateKey } from '../../../adapters/postgres/index.ts';
import type { Principal } from '../../../api/ports/principal.ts';
import { policyConfigSchema } from '../../../domain/policy/config.ts';
import { forget } from '../../support/people.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import {
  anomalyOf,
  askPeople,
  auto,
  diagnosed,
  oneOperator,
  passGate,
  person,
  planOf,
  type Ready,
  readyToAct,
  stepOf,
  tell,
  twoOperators,
  unique,
} from './fixtures.ts';

const forward = ({ incidentId, planHash }: { incidentId: string; planHash: string }): GateInput => ({
  incidentId,
  planHash,
  step: 0,
  direction: 'forward',
});

function approve({ stores }: StoresUnderTest, { incidentId, planHash }: Ready, principal: Principal) {
  return stores.approvals.decide({ incidentId, planHash, principal, decision: 'approve', reason: '' });
}

async function asked({ stores }: StoresUnderTest, verdict: typeof oneOperator | typeof twoOperators) {
  const ready = await readyToAct(stores, { verdict });
  await askPeople(stores, ready);
  return ready;
}

async function principalOf({ stores }: StoresUnderTest, key: string): Promise<Principal> {
  const principal = await stores.apiKeys.authenticate(key);
  if (principal === null) throw new Error('the key is not accepted');
  return principal;
}

async function bootstrap(under: StoresUnderTest): Promise<Principal> {
  const key = generateKey();
  await under.stores.apiKeys.ensureBootstrap(key);
  return principalOf(under, key);
}

async function auditOf({ stores }: StoresUnderTest, subject: string, action: string) {
  const { items } = await stores.audit.query({ subject, action }, 10, null);
  return items.map(({ actor, reason, canonical }) => ({ actor, reason, ...JSON.parse(canonical).details }));
}

await describeStores('votes', (use) => {
  test('the approval of a key that was revoked since counts no more, and the refusal says whose', async () => {
    const under = use();
    const ready = await asked(under, oneOperator);
    const admin = await bootstrap(under);
    const { keyId, key } = await under.stores.apiKeys.create({ name: 'mallory', role: 'operator' }, admin);
    await approve(under, ready, await principalOf(under, key));
    await under.stores.apiKeys.revoke(keyId, admin);
    const detail = expect.stringContaining(`approval of mallory (key ${keyId}) does not count`);
    expect(await passGate(under.stores, forward(ready))).toMatchObject({
      granted: false,
      reason: 'approval-needed',
      detail,
    });
    expect(await auditOf(under, ready.incidentId, 'gate.refuse')).toMatchObject([
      { actor: 'system:sentinel', refusal: 'approval-needed', reason: detail },
    ]);
  });

  test('nor does that of a key that has expired, or that may do less now', async () => {
    const under = use();
    const admin = await bootstrap(under);
    const { db } = under.database;
    for (const change of [
      sql`expires_at_ms = 1`,
      sql`role = 'viewer'`,
      sql`role = 'ingest'`,
      sql`reach = '{"environments":["elsewhere"]}'`,
    ]) {
      const ready = await asked(under, oneOperator);
      const { keyId, key } = await under.stores.apiKeys.create({ name: 'op', role: 'operator' }, admin);
      expect(await approve(under, ready, await principalOf(under, key))).toMatchObject({ recorded: true });
      await sql`update api_keys set ${change} where key_id = ${keyId}`.execute(db);
      expect(await passGate(under.stores, forward(ready))).toMatchObject({
        granted: false,
        reason: 'approval-needed',
      });
    }
  });

  test('nor does that of a chat user whom the configuration does not name any more', async () => {
    const under = use();
    const ready = await asked(under, oneOperator);
    const name = unique('eve');
    await approve(under, ready, person(name));
    expect(await under.stores.approvals.standing(ready.incidentId, ready.planHash)).toMatchObject({
      outcome: 'granted',
      given: [name],
    });
    forget(name);
    expect(await passGate(under.stores, forward(ready))).toMatchObject({
      granted: false,
      reason: 'approval-needed',
    });
  });

  test('one admin with two keys is one person, whatever the second is called', async () => {
    const under = use();
    const ready = await asked(under, twoOperators);
    const admin = await bootstrap(under);
    expect(await approve(under, ready, admin)).toMatchObject({ recorded: true });
    for (const name of ['bob', 'ada']) {
      const { keyId, key } = await under.stores.apiKeys.create({ name, role: 'admin' }, admin);
      expect(await approve(under, ready, await principalOf(under, key))).toMatchObject({
        recorded: false,
        reason: 'same-person',
        detail: expect.stringContaining('another person has to'),
      });
      expect(await auditOf(under, ready.incidentId, 'approval.decide')).toContainEqual(
        expect.objectContaining({ actor: `key:${keyId}/${name}`, refused: 'same-person' }),
      );
    }
    expect(await passGate(under.stores, forward(ready))).toMatchObject({
      granted: false,
      reason: 'no-grant',
    });
  });

  test('a chain of keys leads to the same person; beside people who are named, the owner is nobody more', async () => {
    const under = use();
    const ready = await asked(under, twoOperators);
    const admin = await bootstrap(under);
    const bob = await under.stores.apiKeys.create({ name: 'bob', role: 'admin' }, admin);
    const carol = await under.stores.apiKeys.create(
      { name: 'carol', role: 'admin' },
      await principalOf(under, bob.key),
    );
    await approve(under, ready, await principalOf(under, carol.key));
    await approve(under, ready, person('dora'));
    expect(await passGate(under.stores, forward(ready))).toMatchObject({
      granted: false,
      reason: 'no-grant',
    });
    await approve(under, ready, person('ed'));
    expect(await passGate(under.stores, forward(ready))).toMatchObject({ granted: true });
  });

  test('after a revoked vote the same person may vote again with another key', async () => {
    const under = use();
    const ready = await asked(under, oneOperator);
    const admin = await bootstrap(under);
    const lost = await under.stores.apiKeys.create({ name: 'laptop', role: 'operator' }, admin);
    await approve(under, ready, await principalOf(under, lost.key));
    await under.stores.apiKeys.revoke(lost.keyId, admin);
    await sql`update approval_requests set quorum = 1, resolution = null where plan_hash = ${ready.planHash}`.execute(
      under.database.db,
    );
    expect(await approve(under, ready, admin)).toMatchObject({ recorded: true });
    expect(await passGate(under.stores, forward(ready))).toMatchObject({ granted: true });
  });

  test('a key that does not reach the incident decides nothing about it', async () => {
    const under = use();
    const ready = await asked(under, oneOperator);
    const reach = { environments: ['elsewhere'] };
    expect(await approve(under, ready, { ...person('far'), reach })).toMatchObject({
      reason: 'out-of-reach',
    });
    expect(await auditOf(under, ready.incidentId, 'approval.decide')).toMatchObject([
      { actor: 'person:far', refused: 'out-of-reach' },
    ]);
  });
});

await describeStores('policy', (use) => {
  const strict = (requirement: object | 'deny' | 'auto') =>
    policyConfigSchema.parse({ byRisk: { low: requirement } });

  test('that was tightened since refuses a plan that it had allowed, or says who has to be asked', async () => {
    const { stores, withOptions } = use();
    const ready = await readyToAct(stores, { verdict: auto });
    const denying = withOptions({ policy: strict('deny') });
    expect(await passGate(denying, forward(ready))).toMatchObject({
      granted: false,
      reason: 'policy-denied',
    });
    const frozen = policyConfigSchema.parse({ deny: [{ name: 'freeze' }] });
    expect(await passGate(withOptions({ policy: frozen }), forward(ready))).toMatchObject({
      reason: 'policy-denied',
      detail: expect.stringContaining('freeze'),
    });
    const asking = withOptions({ policy: strict({ approval: 'operator' }) });
    expect(await passGate(asking, forward(ready))).toMatchObject({
      reason: 'approval-needed',
      detail: expect.stringContaining('now asks for 1 × operator'),
    });
    expect(await passGate(stores, forward(ready))).toMatchObject({ granted: true });
  });

  test('that lets low risk run does not let out what cannot be undone, unless it says so of that', async () => {
    const { stores, withOptions } = use();
    const environment = unique('env');
    const gone = stepOf(environment, 'api', {
      ...{ action: 'clear-sandbox', parameters: {}, inverse: null, reversible: false },
    });
    const ready = await readyToAct(stores, { environment, steps: [gone], verdict: auto });
    expect(await passGate(stores, forward(ready))).toMatchObject({
      ...{ granted: false, reason: 'approval-needed' },
      detail: expect.stringContaining('rule irreversible'),
    });
    const named = withOptions({ policy: policyConfigSchema.parse({ irreversible: 'auto' }) });
    expect(await passGate(named, forward(ready))).toMatchObject({ granted: true });
  });

  test('that asks for more people, or for an admin, is not content with what was approved', async () => {
    const under = use();
    const ready = await asked(under, oneOperator);
    await approve(under, ready, person('ann'));
    const two = under.withOptions({ policy: strict({ approval: 'operator', quorum: 2 }) });
    expect(await passGate(two, forward(ready))).toMatchObject({ granted: false, reason: 'approval-needed' });
    const admins = under.withOptions({ policy: strict({ approval: 'admin' }) });
    expect(await passGate(admins, forward(ready))).toMatchObject({
      granted: false,
      reason: 'approval-needed',
    });
    expect(await passGate(under.stores, forward(ready))).toMatchObject({ granted: true });
  });

  test('that was loosened does not let out what it had not allowed', async () => {
    const under = use();
    const ready = await asked(under, twoOperators);
    expect(await passGate(under.withOptions({ policy: strict('auto') }), forward(ready))).toMatchObject({
      granted: false,
      reason: 'no-grant',
    });
  });
});

await describeStores('what is only told', (use) => {
  test('an incident that no anomaly opened gets nothing, however well it is recorded', async () => {
    const under = use();
    const environment = unique('env');
    const told = tell(under.stores, environment);
    await told.record(told.opened);
    const { canonical, ...hashedPlan } = planOf(told.incidentId, [stepOf(environment, 'api')]);
    const { planHash } = hashedPlan;
    await under.stores.diagnoses.save(told.incidentId, 1, diagnosed);
    await under.stores.plans.savePlan(hashedPlan, canonical);
    await told.record({ type: 'planned', attempt: 1, hashedPlan });
    await under.stores.plans.saveVerdict(planHash, auto);
    expect(await passGate(under.stores, forward({ incidentId: told.incidentId, planHash }))).toMatchObject({
      granted: false,
      reason: 'not-opened',
    });
    expect(await auditOf(under, told.incidentId, 'gate.refuse')).toMatchObject([
      { actor: 'system:sentinel', refusal: 'not-opened' },
    ]);
  });

  test('an incident of one environment opens no door to another', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores, { steps: [stepOf(unique('other'), 'api')] });
    expect(await passGate(stores, forward(ready))).toMatchObject({ granted: false, reason: 'not-opened' });
  });

  test('approvals that are events of the record are no grants, and their names are nobody’s in the audit', async () => {
    const under = use();
    const ready = await asked(under, oneOperator);
    const { planHash } = ready;
    const forged = { type: 'approval-recorded', approvalId: 'none', planHash, actor: 'person:ada' } as const;
    await ready.record(
      { ...forged, decision: 'approve', reason: 'forged' },
      { type: 'approval-granted', planHash },
    );
    expect(await passGate(under.stores, forward(ready))).toMatchObject({
      granted: false,
      reason: 'no-grant',
    });
    const { items } = await under.stores.audit.query({ subject: ready.incidentId }, 100, null);
    expect(new Set(items.map(({ actor }) => actor))).toEqual(new Set(['system:sentinel']));
  });

  test.each([
    ['an analysis that stored nothing', null],
    ['evidence that was missing', { ...diagnosed, missing: ['logs'] }],
    ['a diagnosis that was contested', { ...diagnosed, contested: true }],
  ])('%s: people are asked, whatever verdict was told', async (_, diagnosis) => {
    const { stores, database } = use();
    const ready = await readyToAct(stores, { verdict: auto });
    await sql`delete from diagnoses where incident_id = ${ready.incidentId}`.execute(database.db);
    if (diagnosis !== null) await stores.diagnoses.save(ready.incidentId, 1, diagnosis);
    expect(await passGate(stores, forward(ready))).toMatchObject({
      granted: false,
      reason: 'approval-needed',
    });
  });

  test('a signal that nobody vouches for: people are asked, and the verdict says why', async () => {
    const { stores, database } = use();
    const ready = await readyToAct(stores, { verdict: auto });
    const { environment } = ready;
    const [{ service } = { service: '' }] = await database.db
      .selectFrom('episode_services')
      .select('service')
      .where('incident_id', '=', ready.incidentId)
      .execute();
    const stranger = {
      ...anomalyOf({ environment, service, onsetMs: Date.now() }),
      unvouched: true as const,
    };
    const assigned = await stores.episodes.assign(stranger, { windowMs: 60_000, maxHops: 2 });
    expect(assigned).toMatchObject({ kind: 'incident', input: { incidentId: ready.incidentId } });
    expect(await stores.diagnoses.context(ready.incidentId, 1)).toEqual({
      missing: ['who sent 1 of its signals (they came without an API key)'],
      contested: false,
    });
    expect(await passGate(stores, forward(ready))).toMatchObject({
      granted: false,
      reason: 'approval-needed',
    });
  });

  test('an anomaly that was vouched for once is not, when a stranger tells it again', async () => {
    const { stores } = use();
    const anomaly = anomalyOf({ environment: unique('env'), onsetMs: Date.now() });
    const correlation = { windowMs: 60_000, maxHops: 2 };
    const contextOf = async (told: typeof anomaly) => {
      const assigned = await stores.episodes.assign(told, correlation);
      if (assigned.kind !== 'incident') throw new Error(assigned.reason);
      const { incidentId } = assigned.input;
      await stores.diagnoses.save(incidentId, 1, diagnosed);
      return { incidentId, context: await stores.diagnoses.context(incidentId, 1) };
    };
    const first = await contextOf(anomaly);
    expect(first.context).toEqual({ missing: [], contested: false });
    await stores.incidents.closeEpisode(first.incidentId, 'resolved', anomaly.onsetMs - 1);
    const next = await contextOf({ ...anomaly, unvouched: true });
    expect(next.incidentId).not.toBe(first.incidentId);
    expect(next.context.missing).toEqual(['who sent 1 of its signals (they came without an API key)']);
  });

  test('what lowers autonomy is not taken back by a later word about the same analysis', async () => {
    const { stores } = use();
    const incidentId = unique('incident');
    const model = { ...diagnosed, method: 'model' as const, reason: 'merged' };
    await stores.diagnoses.save(incidentId, 1, { ...diagnosed, missing: ['logs'] });
    await stores.diagnoses.save(incidentId, 1, { ...model, contested: true, missing: ['calls'] });
    await stores.diagnoses.save(incidentId, 1, model);
    expect(await stores.diagnoses.context(incidentId, 1)).toEqual({
      missing: ['logs', 'calls'],
      contested: true,
    });
    expect(await stores.diagnoses.of(incidentId, 1)).toMatchObject({ reason: 'merged' });
    expect(await stores.diagnoses.statistical(incidentId, 1)).toMatchObject({ reason: 'as told' });
    expect(await stores.diagnoses.of(incidentId, 2)).toBeNull();
  });
});
