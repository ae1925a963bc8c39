// The gate's rules, one by one: what lets an effect out, and each reason that keeps it in.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { GateInput } from '../../../activities/types.ts';
import type { PlanStep } from '../../../domain/remediation/plan.ts';
import { describeStores, testLimits } from '../../support/stores.ts';
import {
  askPeople,
  auto,
  oneOperator,
  passGate,
  perform,
  person,
  planOf,
  propose,
  type Ready,
  readyToAct,
  stepOf,
  tell,
  twoOperators,
  unique,
} from './fixtures.ts';

function forward({ incidentId, planHash }: Ready, step = 0): GateInput {
  return { incidentId, planHash, step, direction: 'forward' };
}

function compensation({ incidentId, planHash }: Ready, step = 0): GateInput {
  return { incidentId, planHash, step, direction: 'compensation' };
}

await describeStores('the gate', (use) => {
  test('a plan that policy allows: the intent carries the step, the state before, and a fence', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const passed = await passGate(stores, forward(ready));
    expect(passed).toMatchObject({
      granted: true,
      status: 'written',
      intent: {
        incidentId: ready.incidentId,
        planHash: ready.planHash,
        step: 0,
        direction: 'forward',
        action: 'scale',
        parameters: { replicas: 4 },
        fence: 1,
        before: { desiredReplicas: 2 },
        expects: [{ replicas: 2 }],
      },
    });
    if (!passed.granted) return;
    expect(await stores.gate.intent(passed.intent.id)).toEqual({
      intent: passed.intent,
      status: 'written',
      send: null,
      accepted: null,
    });
  });

  test('asked again, the gate answers with the same intent and where it stands', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const first = await passGate(stores, forward(ready));
    expect(await passGate(stores, forward(ready))).toEqual(first);
    if (!first.granted) throw new Error(first.detail);
    await stores.gate.mark(first.intent.id, 'sent', 'sending');
    expect(await passGate(stores, forward(ready))).toEqual({ ...first, status: 'sent' });
    await stores.gate.mark(first.intent.id, 'applied', 'done');
    await ready.record({ type: 'incident-closed', outcome: 'aborted', reason: 'test', actor: 'ann' });
    expect(await passGate(stores, forward(ready))).toEqual({ ...first, status: 'applied' });
  });

  test('no-plan: unknown hash, another incident’s plan, a step or an inverse that is not there', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores, { steps: [stepOf('e', 'api', { inverse: null })] });
    const other = await readyToAct(stores);
    const refused = { granted: false, reason: 'no-plan' };
    expect(await passGate(stores, { ...forward(ready), planHash: 'f'.repeat(64) })).toMatchObject(refused);
    expect(await passGate(stores, { ...forward(ready), planHash: other.planHash })).toMatchObject(refused);
    expect(await passGate(stores, forward(ready, 1))).toMatchObject(refused);
    expect(await passGate(stores, forward(ready, -1))).toMatchObject(refused);
    expect(await passGate(stores, compensation(ready))).toMatchObject(refused);
  });

  test('plan-changed: the stored bytes are not the ones that were hashed', async () => {
    const { stores, database } = use();
    const ready = await readyToAct(stores);
    await sql`update plans set canonical = convert_to(replace(convert_from(canonical, 'UTF8'), '"replicas":4', '"replicas":0'), 'UTF8')
      where plan_hash = ${ready.planHash}`.execute(database.db);
    expect(await passGate(stores, forward(ready))).toMatchObject({ granted: false, reason: 'plan-changed' });
    await expect(stores.plans.plan(ready.planHash)).rejects.toThrow('have changed');
  });

  test('plan-changed: the incident has another plan now', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    await propose(
      stores,
      ready,
      [stepOf(ready.environment, 'api', { action: 'restart', inverse: null })],
      auto,
      2,
    );
    expect(await passGate(stores, forward(ready))).toMatchObject({ granted: false, reason: 'plan-changed' });
  });

  test('incident-closed: closed, closed by its episode, or never recorded', async () => {
    const { stores } = use();
    const closed = await readyToAct(stores);
    await closed.record({ type: 'incident-closed', outcome: 'aborted', reason: 'enough', actor: 'ann' });
    const refused = { granted: false, reason: 'incident-closed' };
    expect(await passGate(stores, forward(closed))).toMatchObject(refused);

    const untold = tell(stores, unique('env'));
    const { canonical, ...plan } = planOf(untold.incidentId, [stepOf(untold.environment, 'api')]);
    await stores.plans.savePlan(plan, canonical);
    await stores.plans.saveVerdict(plan.planHash, auto);
    expect(
      await passGate(stores, {
        incidentId: untold.incidentId,
        planHash: plan.planHash,
        step: 0,
        direction: 'forward',
      }),
    ).toMatchObject(refused);
  });

  test('policy: no verdict is no grant, and deny is deny', async () => {
    const { stores, database } = use();
    const denied = await readyToAct(stores, {
      verdict: { kind: 'deny', rule: 'never here', reason: 'listed' },
    });
    expect(await passGate(stores, forward(denied))).toEqual({
      granted: false,
      reason: 'policy-denied',
      detail: 'never here: listed',
    });
    const unjudged = await readyToAct(stores);
    await sql`update plans set verdict = null where plan_hash = ${unjudged.planHash}`.execute(database.db);
    expect(await passGate(stores, forward(unjudged))).toMatchObject({ granted: false, reason: 'no-grant' });
  });

  test('approval: nothing passes until the quorum of different people has approved', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores, { verdict: twoOperators });
    const { incidentId, planHash } = ready;
    const pass = () => passGate(stores, forward(ready));
    const approve = (name: string) =>
      stores.approvals.decide({
        incidentId,
        planHash,
        principal: person(name),
        decision: 'approve',
        reason: 'ok',
      });
    expect(await pass()).toMatchObject({ granted: false, reason: 'no-grant' });
    await askPeople(stores, ready);
    expect(await pass()).toMatchObject({ granted: false, reason: 'no-grant' });
    await approve('ann');
    await approve('ann');
    expect(await pass()).toMatchObject({ granted: false, reason: 'no-grant' });
    await approve('ben');
    expect(await pass()).toMatchObject({ granted: true });
  });

  test('approval: one rejection rejects', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores, { verdict: twoOperators });
    await askPeople(stores, ready);
    const { incidentId, planHash } = ready;
    await stores.approvals.decide({
      incidentId,
      planHash,
      principal: person('ann'),
      decision: 'approve',
      reason: '',
    });
    await stores.approvals.decide({
      incidentId,
      planHash,
      principal: person('ben'),
      decision: 'reject',
      reason: 'no',
    });
    expect(await passGate(stores, forward(ready))).toEqual({
      granted: false,
      reason: 'rejected',
      detail: 'rejected by ben: no',
    });
  });

  test('approval: forged rows grant nothing', async () => {
    const { stores, database } = use();
    const ready = await readyToAct(stores, { verdict: { ...twoOperators, role: 'admin' } });
    const other = await readyToAct(stores, { verdict: oneOperator });
    await askPeople(stores, ready);
    await askPeople(stores, other);
    const forge = (planHash: string, incidentId: string, actor: string, role: string, atMs: number) =>
      sql`insert into approvals (id, incident_id, plan_hash, actor, key_id, role, decision, reason, decided_at_ms)
        values (${unique('forged')}, ${incidentId}, ${planHash}, ${actor}, 'k', ${role}, 'approve', '', ${atMs})`.execute(
        database.db,
      );
    const late = Date.now() + 3_600_000;
    await forge(ready.planHash, ready.incidentId, 'a role too low', 'operator', Date.now());
    await forge(ready.planHash, ready.incidentId, 'another role too low', 'viewer', Date.now());
    await forge(ready.planHash, ready.incidentId, 'after the deadline', 'admin', late);
    await forge(ready.planHash, ready.incidentId, 'one admin', 'admin', Date.now());
    await forge(other.planHash, other.incidentId, 'for another plan', 'admin', Date.now());
    expect(await passGate(stores, forward(ready))).toMatchObject({ granted: false, reason: 'no-grant' });
  });

  test.each([
    { role: 'viewer' as const, quorum: 2 },
    { role: 'admin' as const, quorum: 1 },
  ])(
    'approval: a request for $quorum of role $role, where policy asks for two admins, is worth nothing',
    async (terms) => {
      const { stores } = use();
      const ready = await readyToAct(stores, { verdict: { ...twoOperators, role: 'admin' } });
      const { incidentId, planHash } = ready;
      await stores.approvalRequests.open({
        incidentId,
        planHash,
        ...terms,
        deadlineMs: Date.now() + 600_000,
      });
      for (const name of ['val', 'vic'].slice(0, terms.quorum)) {
        const principal = person(name, terms.role);
        const decision = { incidentId, planHash, principal, decision: 'approve' as const, reason: '' };
        expect(await stores.approvals.decide(decision)).toMatchObject({ recorded: true });
      }
      expect(await stores.approvalRequests.status(incidentId, planHash, 0)).toEqual({ kind: 'granted' });
      expect(await passGate(stores, forward(ready))).toMatchObject({
        granted: false,
        reason: 'approval-needed',
      });
    },
  );

  test('grant-expired: too few approved in time, or the approval is old', async () => {
    const { stores, database, withOptions } = use();
    const late = await readyToAct(stores, { verdict: oneOperator });
    await askPeople(stores, late, Date.now() - 1);
    const expired = await passGate(stores, forward(late));
    expect(expired).toMatchObject({ granted: false, reason: 'grant-expired' });
    // Nobody had approved it: it is not asked about again.
    expect(expired).not.toHaveProperty('needs');

    const old = await readyToAct(stores, { verdict: oneOperator });
    await askPeople(stores, old);
    const { incidentId, planHash } = old;
    await stores.approvals.decide({
      incidentId,
      planHash,
      principal: person('ann'),
      decision: 'approve',
      reason: '',
    });
    const impatient = withOptions({ limits: { ...testLimits, grantValidMinutes: -1 } });
    expect(await passGate(impatient, forward(old))).toMatchObject({
      granted: false,
      reason: 'grant-expired',
      needs: { role: 'operator', quorum: 1, afresh: true },
    });
    // Approved half an hour ago. What was said is never rewritten, except here.
    await database.db.transaction().execute(async (trx) => {
      await sql`alter table approvals disable trigger user`.execute(trx);
      await sql`update approvals set decided_at_ms = decided_at_ms - ${1_800_000}::bigint
        where incident_id = ${incidentId}`.execute(trx);
      await sql`alter table approvals enable trigger user`.execute(trx);
    });
    const within = (grantValidMinutes: number) =>
      passGate(withOptions({ limits: { ...testLimits, grantValidMinutes } }), forward(old));
    expect(await within(29)).toMatchObject({
      reason: 'grant-expired',
      detail: expect.stringContaining('an approval holds for 29 min'),
    });
    expect(await within(60)).toMatchObject({ granted: true });
  });

  test('out-of-order: a step waits until all before it are applied', async () => {
    const { stores } = use();
    const environment = unique('env');
    const steps = [
      stepOf(environment, 'api'),
      stepOf(environment, 'db', { action: 'restart', inverse: null }),
    ];
    const ready = await readyToAct(stores, { environment, steps });
    expect(await passGate(stores, forward(ready, 1))).toMatchObject({
      granted: false,
      reason: 'out-of-order',
    });
    await passGate(stores, forward(ready, 0));
    expect(await passGate(stores, forward(ready, 1))).toMatchObject({
      granted: false,
      reason: 'out-of-order',
    });
    await perform(stores, ready, 0);
    expect(await passGate(stores, forward(ready, 1))).toMatchObject({ granted: true });
  });

  test('once-rule: the same action on the same target is tried once in an incident', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    await perform(stores, ready);
    const more = stepOf(ready.environment, 'api', { parameters: { replicas: 8 } });
    const second = await propose(stores, ready, [more], auto, 2);
    expect(await passGate(stores, { ...forward(ready), planHash: second.planHash })).toMatchObject({
      granted: false,
      reason: 'once-rule',
    });
  });

  test('rate-limited: per target, and per environment, within an hour', async () => {
    const { stores, withOptions } = use();
    const environment = unique('env');
    const first = await readyToAct(stores, { environment });
    await perform(stores, first);
    await stores.incidents.closeEpisode(first.incidentId, 'resolved', Date.now());
    const second = await readyToAct(stores, { environment });
    const strict = withOptions({ limits: { ...testLimits, effectsPerTargetPerHour: 1 } });
    expect(await passGate(strict, forward(second))).toMatchObject({
      granted: false,
      reason: 'rate-limited',
      detail: `1 effects on ${environment}/api within an hour`,
    });
    const third = await readyToAct(stores, { environment, service: 'worker' });
    const narrow = withOptions({ limits: { ...testLimits, effectsPerEnvironmentPerHour: 1 } });
    expect(await passGate(narrow, forward(third))).toMatchObject({ granted: false, reason: 'rate-limited' });
    const elsewhere = await readyToAct(stores);
    expect(await passGate(narrow, forward(elsewhere))).toMatchObject({ granted: true });
  });

  test('breaker-open: after effects that failed or did not help; one that helps closes it', async () => {
    const { stores, withOptions } = use();
    const environment = unique('env');
    const fragile = withOptions({
      limits: { ...testLimits, breaker: { ...testLimits.breaker, notRecoveredEffects: 2, openMinutes: 30 } },
    });
    const outcome = async (result: 'recovered' | 'not-recovered' | 'unverified') => {
      const service = unique('svc');
      const ready = await readyToAct(stores, { environment, service, steps: [stepOf(environment, service)] });
      const intentId = await perform(stores, ready);
      await ready.record(
        { type: 'intent-written', intentId, step: 0, direction: 'forward' },
        {
          type: 'effect-applied',
          intentId,
          step: 0,
          direction: 'forward',
          foundByLookup: false,
          summary: 'done',
        },
        {
          type: 'verified',
          attempt: 1,
          result: {
            outcome: result,
            settled: true,
            reason: 'looked',
            freshSamples: 9,
            series: [],
            controlImprovedToo: false,
          },
        },
      );
    };
    const next = await readyToAct(stores, { environment });
    await outcome('not-recovered');
    await outcome('unverified');
    await outcome('recovered');
    await outcome('not-recovered');
    await outcome('unverified');
    await outcome('not-recovered');
    expect(await passGate(fragile, forward(next))).toMatchObject({ granted: false, reason: 'breaker-open' });
    const elsewhere = await readyToAct(stores);
    expect(await passGate(fragile, forward(elsewhere))).toMatchObject({ granted: true });
    await outcome('recovered');
    expect(await passGate(fragile, forward(next))).toMatchObject({ granted: true });
  });

  test.each([
    [{}, 'breaker-open'],
    [{ cancelled: true }, null],
  ] as const)(
    'an effect that failed counts for the breaker, one that a person has cancelled does not: %o',
    async (how, refusal) => {
      const { stores, withOptions } = use();
      const environment = unique('env');
      const breaker = { ...testLimits.breaker, notRecoveredEffects: 1, openMinutes: 30 };
      const fragile = withOptions({ limits: { ...testLimits, breaker } });
      const ready = await readyToAct(stores, { environment });
      const about = { intentId: await perform(stores, ready), step: 0, direction: 'forward' } as const;
      await ready.record(
        { type: 'intent-written', ...about },
        { type: 'effect-failed', ...about, reason: 'stopped', ...how },
      );
      const service = unique('svc');
      const next = await readyToAct(stores, { environment, service, steps: [stepOf(environment, service)] });
      const passed = await passGate(fragile, forward(next));
      expect(passed.granted ? null : passed.reason).toBe(refusal);
    },
  );

  test('breaker-open: after too large a share of effects in vain, until a person resets it', async () => {
    const { stores, withOptions } = use();
    const environment = unique('env');
    const breaker = { ...testLimits.breaker, leastEffects: 4, notRecoveredShare: 0.25 };
    const careful = withOptions({ limits: { ...testLimits, breaker } });
    const outcome = async (result: 'recovered' | 'not-recovered', action: PlanStep['action'] = 'scale') => {
      const service = unique('svc');
      const steps = [
        stepOf(environment, service, { action, parameters: action === 'scale' ? { replicas: 4 } : {} }),
      ];
      const ready = await readyToAct(careful, { environment, service, steps });
      const intentId = await perform(careful, ready);
      await ready.record(
        { type: 'intent-written', intentId, step: 0, direction: 'forward' },
        {
          ...({ type: 'effect-applied', intentId, step: 0, direction: 'forward' } as const),
          ...{ foundByLookup: false, summary: 'done' },
        },
        {
          type: 'verified',
          attempt: 1,
          result: {
            ...{ outcome: result, settled: true, reason: 'looked', freshSamples: 9 },
            ...{ series: [], controlImprovedToo: false },
          },
        },
      );
    };
    const granted = async (action: PlanStep['action']) => {
      const service = unique('svc');
      const steps = [
        stepOf(environment, service, { action, parameters: action === 'scale' ? { replicas: 4 } : {} }),
      ];
      return passGate(careful, forward(await readyToAct(careful, { environment, service, steps })));
    };
    await outcome('not-recovered');
    await outcome('recovered');
    await outcome('recovered');
    expect(await granted('scale')).toMatchObject({ granted: true });
    await outcome('recovered'); // 1 of 4: as much as is allowed
    expect(await granted('scale')).toMatchObject({ granted: true });
    for (const helped of ['recovered', 'recovered', 'recovered', 'recovered'] as const)
      await outcome(helped, 'restart');
    await outcome('not-recovered'); // 2 of 5 of this action, 2 of 9 of all
    expect(await granted('scale')).toMatchObject({
      granted: false,
      reason: 'breaker-open',
      detail: '2 of 5 effects of scale in 24 h failed or did not help; open until a person resets it',
    });
    expect(await granted('restart')).toMatchObject({ granted: true });
    expect(await stores.trackRecord.openBreakers()).toContainEqual(
      expect.objectContaining({ environment, action: 'scale' }),
    );
    const principal = person('ada');
    const of = { environment, action: 'scale', reason: 'the check was broken' };
    const elsewhere = { ...principal, reach: { environments: ['other'] } };
    expect(await stores.trackRecord.reset({ ...of, principal: elsewhere })).toMatchObject({
      reason: 'out-of-reach',
    });
    expect(await granted('scale')).toMatchObject({ granted: false });
    expect(await stores.trackRecord.reset({ ...of, principal })).toEqual({ reset: true });
    expect(await stores.trackRecord.reset({ ...of, principal })).toMatchObject({ reason: 'not-open' });
    expect(await granted('scale')).toMatchObject({ granted: true });
    // What was in vain before the reset does not count any more.
    for (const helped of ['recovered', 'recovered', 'recovered', 'not-recovered'] as const)
      await outcome(helped);
    expect(await granted('scale')).toMatchObject({ granted: true });
    const mine = (await stores.trackRecord.since(0, 1_000)).filter((one) => one.environment === environment);
    const sum = (key: 'effects' | 'helped' | 'didNotHelp') =>
      mine.reduce((total, one) => total + one[key], 0);
    expect([sum('effects'), sum('helped'), sum('didNotHelp')]).toEqual([13, 10, 3]);
    const { items } = await stores.audit.query({ subject: `environment/${environment}` }, 10, null);
    expect(items.map(({ action, actor }) => [action, actor])).toEqual(
      expect.arrayContaining([['breaker.reset', 'person:ada']]),
    );
  });

  test.for([
    { limit: { effectsPerTargetPerMinute: 1 }, detail: 'a minute', same: true },
    { limit: { effectsPerEnvironmentPerMinute: 1 }, detail: 'a minute', same: false },
  ])('rate-limited: $limit', async ({ limit, detail, same }) => {
    const { stores, withOptions } = use();
    const environment = unique('env');
    const first = await readyToAct(stores, { environment });
    await perform(stores, first);
    await stores.incidents.closeEpisode(first.incidentId, 'resolved', Date.now());
    const second = await readyToAct(stores, same ? { environment } : { environment, service: 'worker' });
    expect(
      await passGate(withOptions({ limits: { ...testLimits, ...limit } }), forward(second)),
    ).toMatchObject({
      granted: false,
      reason: 'rate-limited',
      detail: expect.stringContaining(detail),
    });
    expect(await passGate(stores, forward(second))).toMatchObject({ granted: true });
  });

  test('kill-switch: for an environment or for all; compensations are held as well', async () => {
    const { stores } = use();
    const acted = await readyToAct(stores);
    await perform(stores, acted);
    const waiting = await readyToAct(stores, { environment: acted.environment, service: 'other' });
    const elsewhere = await readyToAct(stores);
    const admin = person('ada', 'admin');
    const refused = { granted: false, reason: 'kill-switch' };

    await stores.killSwitch.set(acted.environment, true, admin, 'maintenance');
    expect(await passGate(stores, forward(waiting))).toEqual({
      ...refused,
      detail: `engaged for ${acted.environment} by ada: maintenance`,
    });
    expect(await passGate(stores, compensation(acted))).toMatchObject(refused);
    expect(await passGate(stores, forward(elsewhere))).toMatchObject({ granted: true });

    await stores.killSwitch.set(acted.environment, false, admin, 'over');
    await stores.killSwitch.set('*', true, admin, 'stop everything');
    expect(await passGate(stores, forward(waiting))).toMatchObject(refused);
    await stores.killSwitch.set('*', false, admin, 'go on');
    expect(await passGate(stores, forward(waiting))).toMatchObject({ granted: true });
    expect(await passGate(stores, compensation(acted))).toMatchObject({ granted: true });
  });

  test('compensation: undoes what was sent, from the inverse, without a grant or limits of its own', async () => {
    const { stores, withOptions } = use();
    const ready = await readyToAct(stores);
    expect(await passGate(stores, compensation(ready))).toMatchObject({
      granted: false,
      reason: 'out-of-order',
    });
    const forwardId = await perform(stores, ready);
    const strict = withOptions({
      limits: {
        ...testLimits,
        grantValidMinutes: -1,
        effectsPerTargetPerHour: 1,
        effectsPerEnvironmentPerHour: 1,
      },
    });
    const undone = await passGate(strict, compensation(ready));
    expect(undone).toMatchObject({
      granted: true,
      intent: {
        direction: 'compensation',
        undoes: forwardId,
        action: 'scale',
        parameters: { replicas: 2 },
        before: { desiredReplicas: 2 },
        expects: [{ replicas: 4 }],
        // Of its own: what orders the two where a late forward call arrives after the undo.
        fence: 2,
      },
    });
    expect(await passGate(strict, compensation(ready))).toEqual(undone);
  });

  test('compensation: once a plan is being undone none of its steps goes forward', async () => {
    const { stores } = use();
    const environment = unique('env');
    const steps = [
      stepOf(environment, 'api'),
      stepOf(environment, 'db', { action: 'restart', inverse: null }),
    ];
    const ready = await readyToAct(stores, { environment, steps });
    await perform(stores, ready, 0);
    await perform(stores, ready, 0, 'compensation');
    expect(await passGate(stores, forward(ready, 1))).toMatchObject({
      granted: false,
      reason: 'out-of-order',
    });
  });

  test('compensation: a call whose answer was lost may be undone, one that was never sent may not', async () => {
    const { stores } = use();
    const lost = await readyToAct(stores);
    const passed = await passGate(stores, forward(lost));
    if (!passed.granted) throw new Error(passed.detail);
    expect(await passGate(stores, compensation(lost))).toMatchObject({
      granted: false,
      reason: 'out-of-order',
    });
    await stores.gate.mark(passed.intent.id, 'sent', 'sending');
    await stores.gate.mark(passed.intent.id, 'uncertain', 'nobody can tell');
    // It may have happened or not: the undo expects either.
    expect(await passGate(stores, compensation(lost))).toMatchObject({
      granted: true,
      intent: { expects: [{ replicas: 4 }, { replicas: 2 }] },
    });
  });

  test('compensation: what certainly did not happen is not undone', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const passed = await passGate(stores, forward(ready));
    if (!passed.granted) throw new Error(passed.detail);
    await stores.gate.mark(passed.intent.id, 'sent', 'sending');
    await stores.gate.mark(passed.intent.id, 'failed', 'refused');
    expect(await passGate(stores, compensation(ready))).toMatchObject({
      granted: false,
      reason: 'out-of-order',
    });
  });
});
