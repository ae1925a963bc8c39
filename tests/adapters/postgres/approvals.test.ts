// People decide: what is recorded, what is refused and why, and what a workflow reads of it.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import {
  askPeople,
  auto,
  oneOperator,
  person,
  propose,
  type Ready,
  readyToAct,
  stepOf,
  twoOperators,
} from './fixtures.ts';

function decide(
  { stores }: StoresUnderTest,
  { incidentId, planHash }: { incidentId: string; planHash: string },
  name: string,
  decision: 'approve' | 'reject' = 'approve',
  role: 'viewer' | 'operator' | 'admin' = 'operator',
) {
  const principal = person(name, role);
  return stores.approvals.decide({ incidentId, planHash, principal, decision, reason: `because ${name}` });
}

function status({ stores }: StoresUnderTest, { incidentId, planHash }: Ready) {
  return stores.approvalRequests.status(incidentId, planHash, 0);
}

async function asked(
  under: StoresUnderTest,
  verdict = twoOperators as typeof twoOperators | typeof oneOperator,
  deadlineMs?: number,
) {
  const ready = await readyToAct(under.stores, { verdict });
  await askPeople(under.stores, ready, deadlineMs);
  return ready;
}

await describeStores('approvals', (use) => {
  test('a decision may come before the workflow has opened the request that the incident already speaks of', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores, { verdict: twoOperators });
    const { incidentId, planHash } = ready;
    const { role, quorum } = twoOperators;
    const asked = { planHash, role, quorum, deadlineMs: Date.now() + 600_000 };
    const approve = (name: string) =>
      stores.approvals.decide({
        incidentId,
        planHash,
        principal: person(name),
        decision: 'approve',
        reason: '',
      });
    expect(await approve('ada')).toMatchObject({ recorded: false, reason: 'not-awaiting' });
    await ready.record({ type: 'approval-requested', ...asked });
    expect(await Promise.all([approve('ada'), approve('bo')])).toMatchObject([
      { recorded: true },
      { recorded: true },
    ]);
    await stores.approvalRequests.open({ incidentId, ...asked, quorum: 9 });
    expect(await stores.approvals.standing(incidentId, planHash)).toMatchObject({
      outcome: 'granted',
      given: expect.arrayContaining(['ada', 'bo']),
    });
  });

  test('a decision is recorded with who, what and why, and the same one again is answered with the first record', async () => {
    const under = use();
    const ready = await asked(under);
    const first = await decide(under, ready, 'ann');
    expect(first).toMatchObject({
      recorded: true,
      repeated: false,
      decision: { planHash: ready.planHash, actor: 'person:ann', decision: 'approve', reason: 'because ann' },
    });
    expect(await decide(under, ready, 'ann')).toEqual({ ...first, repeated: true });
    expect(await decide(under, ready, 'ann', 'reject')).toMatchObject({
      recorded: false,
      reason: 'already-decided',
    });
  });

  test('pending until the quorum of different people, then granted, then nothing more to decide', async () => {
    const under = use();
    const ready = await asked(under);
    expect(await status(under, ready)).toEqual({ kind: 'pending' });
    await decide(under, ready, 'ann');
    await decide(under, ready, 'ann');
    expect(await status(under, ready)).toEqual({ kind: 'pending' });
    await decide(under, ready, 'ben');
    expect(await status(under, ready)).toEqual({ kind: 'granted' });
    expect(await decide(under, ready, 'cem', 'reject')).toMatchObject({
      recorded: false,
      reason: 'already-decided',
    });
  });

  test('one rejection rejects, whoever approved before', async () => {
    const under = use();
    const ready = await asked(under);
    await decide(under, ready, 'ann');
    await decide(under, ready, 'ben', 'reject');
    expect(await status(under, ready)).toEqual({
      kind: 'rejected',
      actor: 'person:ben',
      reason: 'because ben',
    });
    expect(await decide(under, ready, 'cem')).toMatchObject({ recorded: false, reason: 'already-decided' });
  });

  test('refusals: unknown incident, not awaiting, stale plan, role too low, expired', async () => {
    const under = use();
    const refused = (reason: string) => ({ recorded: false, reason });
    const quiet = await readyToAct(under.stores, { verdict: auto });
    expect(await decide(under, { incidentId: 'incident/none/1', planHash: 'x' }, 'ann')).toMatchObject(
      refused('unknown-incident'),
    );
    expect(await decide(under, quiet, 'ann')).toMatchObject(refused('not-awaiting'));

    const ready = await asked(under);
    expect(await decide(under, { ...ready, planHash: 'f'.repeat(64) }, 'ann')).toMatchObject(
      refused('stale-plan'),
    );
    expect(await decide(under, ready, 'val', 'approve', 'viewer')).toMatchObject(refused('role-too-low'));

    const late = await asked(under, oneOperator, Date.now() - 1);
    expect(await decide(under, late, 'ann')).toMatchObject(refused('expired'));
    expect(await status(under, late)).toEqual({ kind: 'expired' });
  });

  test('a plan that is not the incident’s any more cannot be approved, nor one of a closed incident', async () => {
    const under = use();
    const ready = await asked(under);
    const steps = [stepOf(ready.environment, 'api', { action: 'restart', inverse: null })];
    await propose(under.stores, ready, steps, twoOperators, 2);
    expect(await decide(under, ready, 'ann')).toMatchObject({ recorded: false, reason: 'stale-plan' });

    const closed = await asked(under);
    await closed.record({ type: 'incident-closed', outcome: 'aborted', reason: 'enough', actor: 'ann' });
    expect(await decide(under, closed, 'ann')).toMatchObject({ recorded: false, reason: 'not-awaiting' });
  });

  test('opening a request again changes nothing: the first terms stay', async () => {
    const under = use();
    const ready = await asked(under, oneOperator);
    const { incidentId, planHash } = ready;
    await under.stores.approvalRequests.open({
      incidentId,
      planHash,
      role: 'viewer',
      quorum: 1,
      deadlineMs: 9e15,
    });
    expect(await decide(under, ready, 'val', 'approve', 'viewer')).toMatchObject({ reason: 'role-too-low' });
  });

  test('pending lists what waits for people, with the approvals so far', async () => {
    const under = use();
    const ready = await asked(under);
    const rejected = await asked(under);
    const late = await asked(under, oneOperator, Date.now() - 1);
    await decide(under, ready, 'ann');
    await decide(under, rejected, 'ann', 'reject');
    const { items } = await under.stores.approvals.pending(1_000, null);
    const mine = items.filter((one) =>
      [ready, rejected, late].some(({ incidentId }) => incidentId === one.incidentId),
    );
    expect(mine).toMatchObject([
      { incidentId: ready.incidentId, planHash: ready.planHash, role: 'operator', quorum: 2, approvals: 1 },
    ]);
  });

  test('pending goes page by page, nearest deadline first', async () => {
    const under = use();
    const later = await asked(under, oneOperator, Date.now() + 900_000);
    const sooner = await asked(under, oneOperator, Date.now() + 90_000);
    const seen: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const page: Awaited<ReturnType<typeof under.stores.approvals.pending>> =
        await under.stores.approvals.pending(1, cursor);
      seen.push(...page.items.map(({ incidentId }) => incidentId));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.indexOf(sooner.incidentId)).toBeGreaterThanOrEqual(0);
    expect(seen.indexOf(later.incidentId)).toBeGreaterThan(seen.indexOf(sooner.incidentId));
    await expect(under.stores.approvals.pending(1, 'no-cursor')).rejects.toMatchObject({
      name: 'InvalidCursor',
    });
  });

  test('a decision is redelivered until its workflow has recorded it, or the API says it was delivered', async () => {
    const under = use();
    const ready = await asked(under);
    const first = await decide(under, ready, 'ann');
    const second = await decide(under, ready, 'ben');
    if (!first.recorded || !second.recorded) throw new Error('both are recorded');
    const undelivered = async () =>
      (await under.stores.approvals.undelivered(1_000)).filter((one) => one.incidentId === ready.incidentId);
    expect((await undelivered()).map((one) => one.actor)).toEqual(['person:ann', 'person:ben']);
    await under.stores.approvals.delivered(first.decision.approvalId);
    expect((await undelivered()).map((one) => one.actor)).toEqual(['person:ben']);
    await ready.record({ type: 'approval-recorded', ...second.decision });
    expect(await undelivered()).toEqual([]);
  });

  test('every decision, and every try with a role too low, is in the audit trail', async () => {
    const under = use();
    const ready = await asked(under);
    await decide(under, ready, 'val', 'approve', 'viewer');
    await decide(under, ready, 'ann');
    const { items } = await under.stores.audit.query(
      { subject: ready.incidentId, action: 'approval.decide' },
      10,
      null,
    );
    expect(items.map((entry) => [entry.actor, JSON.parse(entry.canonical).details])).toEqual([
      ['person:ann', expect.objectContaining({ decision: 'approve', standing: 'pending' })],
      ['person:val', expect.objectContaining({ decision: 'approve', refused: 'role-too-low' })],
    ]);
  });

  test('a decision and its audit entry are there together or not at all', async () => {
    const under = use();
    const ready = await asked(under);
    await sql`alter table audit add constraint no_more check (subject <> ${sql.lit(ready.incidentId)}) not valid`.execute(
      under.database.db,
    );
    await expect(decide(under, ready, 'ann')).rejects.toThrow('no_more');
    await sql`alter table audit drop constraint no_more`.execute(under.database.db);
    const { rows } = await sql`select 1 from approvals where incident_id = ${ready.incidentId}`.execute(
      under.database.db,
    );
    expect(rows).toEqual([]);
  });
});
