// Whatever happens in whatever order: no second forward intent of a step, no intent without a grant, none while a person
// says stop, no compensation of what never went out, and one audit entry for each.

import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Verdict } from '../../../domain/policy/verdict.ts';
import { roleAtLeast } from '../../../domain/role.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import {
  askPeople,
  auto,
  passGate,
  perform,
  person,
  propose,
  type Ready,
  readyToAct,
  stepOf,
  twoOperators,
  unique,
} from './fixtures.ts';

type Operation =
  | { readonly kind: 'pass'; readonly incident: number; readonly step: number; readonly back: boolean }
  | {
      readonly kind: 'mark';
      readonly incident: number;
      readonly step: number;
      readonly status: 'sent' | 'applied' | 'failed';
    }
  | { readonly kind: 'decide'; readonly incident: number; readonly who: number; readonly approve: boolean }
  | { readonly kind: 'forge'; readonly incident: number; readonly who: number }
  | { readonly kind: 'switch'; readonly engaged: boolean }
  | { readonly kind: 'replan'; readonly incident: number }
  | { readonly kind: 'close'; readonly incident: number }
  | { readonly kind: 'lease-ends' };

/** The one that needs people is the interesting one. */
const incident = fc.constantFrom(0, 1, 1, 1, 2);
const step = fc.constantFrom(0, 0, 0, 1, 2);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), incident, step, back: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('mark' as const),
      incident,
      step,
      status: fc.constantFrom('sent' as const, 'applied' as const, 'failed' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('decide' as const),
      incident,
      who: fc.nat({ max: 3 }),
      approve: fc.constantFrom(true, true, true, false),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('forge' as const), incident, who: fc.nat({ max: 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('switch' as const), engaged: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replan' as const), incident }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), incident }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lease-ends' as const) }) },
);

/** Three incidents about the same targets: one may act, one needs two people and has one, one is denied. */
async function scene(under: StoresUnderTest) {
  const environment = unique('env');
  const steps = [stepOf(environment, 'api'), stepOf(environment, 'db', { action: 'restart' })];
  const verdicts: readonly Verdict[] = [
    auto,
    twoOperators,
    { kind: 'deny', rule: 'never', reason: 'listed' },
  ];
  const incidents = await Promise.all(
    verdicts.map((verdict) => readyToAct(under.stores, { environment, steps, verdict })),
  );
  for (const ready of incidents.slice(1, 2)) {
    await askPeople(under.stores, ready);
    const { incidentId, planHash } = ready;
    const first = { incidentId, planHash, principal: person('p0'), decision: 'approve' as const, reason: '' };
    await under.stores.approvals.decide(first);
  }
  return { under, environment, incidents, engaged: false, granted: new Set<string>(), attempt: 1 };
}
type Scene = Awaited<ReturnType<typeof scene>>;

async function perform1(the: Scene, one: Operation): Promise<void> {
  const { stores, database } = the.under;
  const at = (index: number) => the.incidents[index] as Ready;
  switch (one.kind) {
    case 'pass': {
      const { incidentId, planHash } = at(one.incident);
      const direction = one.back ? 'compensation' : 'forward';
      const passed = await passGate(stores, { incidentId, planHash, step: one.step, direction });
      if (!passed.granted) return;
      if (passed.status === 'written')
        expect(the.engaged, 'nothing new passes an engaged switch').toBe(false);
      the.granted.add(passed.intent.id);
      return;
    }
    case 'mark': {
      const ids = [...the.granted];
      const id = ids[(one.incident + one.step) % Math.max(1, ids.length)];
      if (id !== undefined) await stores.gate.mark(id, one.status, 'told').catch(() => {});
      return;
    }
    case 'decide': {
      const { incidentId, planHash } = at(one.incident);
      const principal = person(`p${one.who}`, one.who === 3 ? 'viewer' : 'operator');
      const decision = one.approve ? 'approve' : 'reject';
      await stores.approvals.decide({ incidentId, planHash, principal, decision, reason: '' });
      return;
    }
    case 'forge': {
      const { incidentId, planHash } = at(one.incident);
      await sql`insert into approvals (id, incident_id, plan_hash, actor, key_id, role, decision, reason, decided_at_ms)
        select ${unique('forged')}, incident_id, plan_hash, ${`forged${one.who}`}, 'k',
          ${one.who === 0 ? 'viewer' : 'admin'}, 'approve', '', ${one.who === 0 ? 0 : 9e15}
        from approval_requests where incident_id = ${incidentId} and plan_hash = ${planHash}
        on conflict do nothing`.execute(database.db);
      return;
    }
    case 'switch':
      await stores.killSwitch.set(the.environment, one.engaged, person('ada', 'admin'), 'test');
      the.engaged = one.engaged;
      return;
    case 'replan': {
      const ready = at(one.incident);
      if (ready.state().status === 'closed') return;
      the.attempt += 1;
      const more = stepOf(the.environment, 'api', { parameters: { replicas: 4 + the.attempt } });
      const drain = stepOf(the.environment, 'api', {
        action: 'drain',
        inverse: { action: 'undrain', parameters: {} },
      });
      const plan = await propose(stores, ready, [more, drain], ready.state().verdict ?? auto, the.attempt);
      the.incidents[one.incident] = { ...ready, planHash: plan.planHash, plan };
      return;
    }
    case 'close': {
      const ready = at(one.incident);
      if (ready.state().status === 'closed') return;
      await ready.record({ type: 'incident-closed', outcome: 'aborted', reason: 'test', actor: 'ann' });
      await stores.incidents.closeEpisode(ready.incidentId, 'aborted', Date.now());
      return;
    }
    case 'lease-ends':
      await sql`update leases set expires_at_ms = 0 where target_key like ${`service/${the.environment}/%`}`.execute(
        database.db,
      );
  }
}

async function invariants({ under: { database }, environment, granted }: Scene): Promise<void> {
  const { db } = database;
  const intents = await db.selectFrom('intents').selectAll().where('environment', '=', environment).execute();
  expect(new Set(intents.map((one) => one.id)), 'every intent was told to somebody').toEqual(granted);

  const forward = intents.filter((one) => one.direction === 'forward');
  const tried = forward.map((one) => `${one.incident_id} ${one.step_key}`);
  expect(new Set(tried).size, 'no step is intended twice in an incident').toBe(tried.length);

  for (const intent of forward) {
    const plan = await db
      .selectFrom('plans')
      .selectAll()
      .where('plan_hash', '=', intent.plan_hash)
      .executeTakeFirstOrThrow();
    expect(plan.verdict?.kind).not.toBe('deny');
    if (plan.verdict?.kind !== 'approval') continue;
    const { role, quorum } = plan.verdict;
    const decisions = await db
      .selectFrom('approvals')
      .selectAll()
      .where('plan_hash', '=', intent.plan_hash)
      .execute();
    const counted = decisions.filter((one) => roleAtLeast(one.role, role) && one.decided_at_ms <= Date.now());
    expect(counted.every((one) => one.decision === 'approve')).toBe(true);
    expect(new Set(counted.map((one) => one.actor)).size).toBeGreaterThanOrEqual(quorum);
  }
  for (const intent of intents.filter((one) => one.direction === 'compensation')) {
    const undone = forward.find((one) => one.plan_hash === intent.plan_hash && one.step === intent.step);
    expect(undone?.sent_at_ms, 'only what went out is taken back').not.toBeNull();
    expect(undone).toBeDefined();
  }
  const byFence = Map.groupBy(intents, (one) => `${one.target_key} ${one.fence}`);
  for (const [fence, ofOne] of byFence) {
    expect(new Set(ofOne.map((one) => one.incident_id)).size, `${fence} belongs to one incident`).toBe(1);
  }
  const grants = await db
    .selectFrom('audit')
    .select('canonical')
    .where('action', '=', 'gate.grant')
    .where('subject', 'in', [...intents.map((one) => one.incident_id), 'none'])
    .execute();
  const audited = grants.map((entry) => JSON.parse(Buffer.from(entry.canonical).toString()).details.intentId);
  expect(audited.toSorted()).toEqual(intents.map((one) => one.id).toSorted());
}

await describeStores('the gate, whatever happens', (use, kind) => {
  // PGlite has one connection: nothing happens at the same time there.
  const atOnceOnAServer = kind === 'server' ? test : () => {};
  test('in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { minLength: 10, maxLength: 60, size: 'max' }),
        async (operations) => {
          const the = await scene(use());
          for (const one of operations) await perform1(the, one);
          await invariants(the);
        },
      ),
      { numRuns: kind === 'embedded' ? 12 : 24 },
    );
  });

  atOnceOnAServer('and at the same time', async () => {
    const atOnce = operation.filter(({ kind }) => !['switch', 'replan', 'close'].includes(kind));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(atOnce, { minLength: 2, maxLength: 8 }), { maxLength: 8 }),
        async (rounds) => {
          const the = await scene(use());
          for (const round of rounds) await Promise.all(round.map((one) => perform1(the, one)));
          await invariants(the);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('a scene in which something passes: the invariants see real intents', async () => {
    const the = await scene(use());
    the.granted.add(await perform(use().stores, the.incidents[0] as Ready));
    await invariants(the);
    expect(the.granted.size).toBe(1);
  });
});
