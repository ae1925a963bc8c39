// Policy asks for more than a plan was granted with: the gate says what it needs, the same plan is asked about again, and votes
// that still count stay counted.

import { expect, test } from 'vitest';
import type { GateInput } from '../../../activities/types.ts';
import { policyConfigSchema } from '../../../domain/policy/config.ts';
import { describeStores, type StoresUnderTest, testLimits } from '../../support/stores.ts';
import {
  askPeople,
  auto,
  oneOperator,
  passGate,
  person,
  type Ready,
  readyToAct,
  unique,
} from './fixtures.ts';

const forward = ({ incidentId, planHash }: Ready): GateInput => ({
  incidentId,
  planHash,
  step: 0,
  direction: 'forward',
});

const asking = (approval: 'operator' | 'admin', quorum = 1) => ({
  policy: policyConfigSchema.parse({ byRisk: { low: { approval, quorum, deadlineMinutes: 20 } } }),
});

const because = 'policy now asks for more';

/** As the workflow does when the gate says what it needs. */
async function askAgain(
  { stores }: StoresUnderTest,
  ready: Ready,
  terms: { role: string; quorum: number; round: number; deadlineMs?: number; afresh?: true },
) {
  const { incidentId, planHash } = ready;
  const { deadlineMs = Date.now() + 1_200_000, ...rest } = terms;
  await stores.approvalRequests.open({ incidentId, planHash, deadlineMs, because, ...rest });
}

function vote(
  { stores }: StoresUnderTest,
  ready: Ready,
  name: string,
  decision: 'approve' | 'reject' = 'approve',
) {
  const { incidentId, planHash } = ready;
  return stores.approvals.decide({ incidentId, planHash, principal: person(name), decision, reason: '' });
}

async function approvedByOne(under: StoresUnderTest): Promise<Ready> {
  const ready = await readyToAct(under.stores, { verdict: oneOperator });
  await askPeople(under.stores, ready);
  expect(await vote(under, ready, 'ann')).toMatchObject({ recorded: true });
  return ready;
}

async function pendingOf({ stores }: StoresUnderTest, { planHash }: Ready) {
  const { items } = await stores.approvals.pending(100, null);
  return items.find((one) => one.planHash === planHash);
}

await describeStores('what the gate needs', (use) => {
  test('for a plan that policy let through: what policy asks now, and nothing runs on looser words later', async () => {
    const under = use();
    const ready = await readyToAct(under.stores, { verdict: auto });
    const two = under.withOptions(asking('operator', 2));
    expect(await passGate(two, forward(ready))).toMatchObject({
      granted: false,
      reason: 'approval-needed',
      needs: { role: 'operator', quorum: 2, deadlineSeconds: 1_200 },
      detail: expect.stringContaining('now asks for 2 × operator (rule risk: low)'),
    });
    await askAgain(under, ready, { role: 'operator', quorum: 2, round: 1 });
    // Loosened again while people are asked: they are the ones who decide now.
    expect(await passGate(under.stores, forward(ready))).toMatchObject({
      granted: false,
      reason: 'no-grant',
    });
    await vote(under, ready, 'ann');
    expect(await passGate(under.stores, forward(ready))).toMatchObject({
      granted: false,
      reason: 'no-grant',
    });
    await vote(under, ready, 'bo');
    expect(await passGate(two, forward(ready))).toMatchObject({ granted: true });
  });

  test('of a plan that policy let through, and people rejected when they were asked: it stays rejected', async () => {
    const under = use();
    const ready = await readyToAct(under.stores, { verdict: auto });
    await askAgain(under, ready, { role: 'operator', quorum: 1, round: 1 });
    await vote(under, ready, 'ann', 'reject');
    expect(await passGate(under.stores, forward(ready))).toMatchObject({
      granted: false,
      reason: 'rejected',
    });
  });

  test('for a plan that one person approved: a second, and the first one’s vote counts', async () => {
    const under = use();
    const ready = await approvedByOne(under);
    const two = under.withOptions(asking('operator', 2));
    expect(await passGate(two, forward(ready))).toMatchObject({
      reason: 'approval-needed',
      needs: { role: 'operator', quorum: 2 },
      detail: expect.stringContaining('policy now asks for 2 × operator'),
    });
    expect(await vote(under, ready, 'bo')).toMatchObject({ reason: 'already-decided' });
    await askAgain(under, ready, { role: 'operator', quorum: 2, round: 2 });
    expect(await pendingOf(under, ready)).toMatchObject({ quorum: 2, approvals: 1, because });
    expect(await two.approvalRequests.status(ready.incidentId, ready.planHash, 0)).toEqual({
      kind: 'pending',
    });
    expect(await vote(under, ready, 'ann')).toMatchObject({ recorded: true, repeated: true });
    expect(await passGate(two, forward(ready))).toMatchObject({ granted: false, reason: 'no-grant' });
    expect(await vote(under, ready, 'bo')).toMatchObject({ recorded: true });
    expect(await pendingOf(under, ready)).toBeUndefined();
    expect(await passGate(two, forward(ready))).toMatchObject({ granted: true });
  });

  test('for a plan that an operator approved: an admin', async () => {
    const under = use();
    const ready = await approvedByOne(under);
    const admins = under.withOptions(asking('admin'));
    expect(await passGate(admins, forward(ready))).toMatchObject({
      reason: 'approval-needed',
      needs: { role: 'admin', quorum: 1 },
    });
    await askAgain(under, ready, { role: 'admin', quorum: 1, round: 2 });
    expect(await vote(under, ready, 'bo')).toMatchObject({ recorded: false, reason: 'role-too-low' });
  });

  test('is told also when the time to decide has passed since', async () => {
    const under = use();
    const ready = await approvedByOne(under);
    await under.database.db
      .updateTable('approval_requests')
      .set(({ fn }) => ({ deadline_ms: fn<number>('greatest', ['requested_at_ms']) }))
      .where('plan_hash', '=', ready.planHash)
      .execute();
    await under.database.db
      .updateTable('approvals')
      .set(({ selectFrom }) => ({
        decided_at_ms: selectFrom('approval_requests')
          .select('deadline_ms')
          .where('plan_hash', '=', ready.planHash)
          .$asScalar(),
      }))
      .where('plan_hash', '=', ready.planHash)
      .execute();
    expect(await passGate(under.withOptions(asking('operator', 2)), forward(ready))).toMatchObject({
      reason: 'approval-needed',
    });
  });

  test('is not told where policy forbids the plan by now', async () => {
    const under = use();
    const ready = await approvedByOne(under);
    const frozen = { policy: policyConfigSchema.parse({ deny: [{ name: 'freeze' }] }) };
    const refusal = await passGate(under.withOptions(frozen), forward(ready));
    expect(refusal).toMatchObject({ granted: false, reason: 'policy-denied' });
    expect(refusal).not.toHaveProperty('needs');
  });

  test('holds an effect whose intent is written and not sent, too', async () => {
    const under = use();
    const ready = await approvedByOne(under);
    expect(await passGate(under.stores, forward(ready))).toMatchObject({ granted: true, status: 'written' });
    expect(await passGate(under.withOptions(asking('operator', 2)), forward(ready))).toMatchObject({
      reason: 'approval-needed',
    });
  });

  test('does not hold what takes an effect back', async () => {
    const under = use();
    const ready = await readyToAct(under.stores, { verdict: auto });
    const passed = await passGate(under.stores, forward(ready));
    if (!passed.granted) throw new Error('the effect was not granted');
    await under.stores.gate.mark(passed.intent.id, 'sent', '');
    await under.stores.gate.mark(passed.intent.id, 'applied', '');
    const back = { ...forward(ready), direction: 'compensation' } as const;
    expect(await passGate(under.withOptions(asking('admin', 3)), back)).toMatchObject({ granted: true });
  });

  test('of a Sentinel that is behind: a person, who may let it through', async () => {
    const under = use();
    const ready = await readyToAct(under.stores, { verdict: auto });
    const process = unique('process');
    await under.stores.ownLag.report(process, 'worker', ['event loop 1.2 s behind']);
    try {
      const behind = under.withOptions({ limits: testLimits, lagLowersAutonomy: true });
      expect(await passGate(behind, forward(ready))).toMatchObject({
        reason: 'overloaded',
        needs: { role: 'operator', quorum: 1 },
      });
      await askAgain(under, ready, { role: 'operator', quorum: 1, round: 1 });
      expect(await passGate(behind, forward(ready))).toMatchObject({ reason: 'no-grant' });
      await vote(under, ready, 'ann');
      expect(await passGate(behind, forward(ready))).toMatchObject({ granted: true });
    } finally {
      await under.stores.ownLag.withdraw(process);
    }
  });
});

await describeStores('a request of a later round', (use) => {
  test('opened twice, or by a call of the round before that comes late, is opened once', async () => {
    const under = use();
    const ready = await approvedByOne(under);
    await askAgain(under, ready, { role: 'operator', quorum: 2, round: 2 });
    await vote(under, ready, 'bo');
    await askAgain(under, ready, { role: 'operator', quorum: 3, round: 2 });
    await askAgain(under, ready, { role: 'admin', quorum: 3, round: 1 });
    expect(await under.stores.approvals.standing(ready.incidentId, ready.planHash)).toMatchObject({
      outcome: 'granted',
      given: ['ann', 'bo'],
    });
  });

  test('asks for no less than the round before', async () => {
    const under = use();
    const ready = await readyToAct(under.stores, { verdict: auto });
    await askAgain(under, ready, { role: 'admin', quorum: 2, round: 1 });
    await askAgain(under, ready, { role: 'viewer', quorum: 1, round: 2 });
    expect(await pendingOf(under, ready)).toMatchObject({ role: 'admin', quorum: 2 });
  });

  test('is answered before the workflow has opened it: the record says that it is asked', async () => {
    const under = use();
    const ready = await approvedByOne(under);
    const { planHash } = ready;
    const deadlineMs = Date.now() + 600_000;
    await ready.record(
      { type: 'approval-granted', planHash },
      { type: 'approval-requested', planHash, role: 'operator', quorum: 2, deadlineMs, round: 2, because },
    );
    expect(await vote(under, ready, 'bo')).toMatchObject({ recorded: true });
    await askAgain(under, ready, { role: 'operator', quorum: 2, round: 2, deadlineMs });
    expect(await passGate(under.withOptions(asking('operator', 2)), forward(ready))).toMatchObject({
      granted: true,
    });
  });
});

await describeStores('a vote that does not count any more', (use) => {
  /** As if it had been given 25 hours ago. */
  async function age({ database }: StoresUnderTest, { planHash }: Ready): Promise<void> {
    await database.db
      .updateTable('approvals')
      .set(({ eb }) => ({ decided_at_ms: eb('decided_at_ms', '-', 25 * 3_600_000) }))
      .where('plan_hash', '=', planHash)
      .execute();
  }

  test('because it is too old is asked for afresh, and the same person may give it again', async () => {
    const under = use();
    const ready = await approvedByOne(under);
    await age(under, ready);
    expect(await passGate(under.stores, forward(ready))).toMatchObject({
      granted: false,
      reason: 'grant-expired',
      detail: 'it was approved 25 h ago, and an approval holds for 24 h',
      needs: { role: 'operator', quorum: 1, deadlineSeconds: oneOperator.deadlineSeconds, afresh: true },
    });
    await askAgain(under, ready, { role: 'operator', quorum: 1, round: 2, afresh: true });
    expect(await pendingOf(under, ready)).toMatchObject({ approvals: 0 });
    expect(await under.stores.approvals.standing(ready.incidentId, ready.planHash)).toMatchObject({
      outcome: 'pending',
      given: [],
    });
    expect(await passGate(under.stores, forward(ready))).toMatchObject({ reason: 'no-grant' });
    expect(await vote(under, ready, 'ann')).toMatchObject({ recorded: true, repeated: false });
    expect(await vote(under, ready, 'ann')).toMatchObject({ recorded: true, repeated: true });
    expect(await passGate(under.stores, forward(ready))).toMatchObject({ granted: true });
  });

  test('may be turned into a no', async () => {
    const under = use();
    const ready = await approvedByOne(under);
    await age(under, ready);
    await askAgain(under, ready, { role: 'operator', quorum: 1, round: 2, afresh: true });
    expect(await vote(under, ready, 'ann', 'reject')).toMatchObject({ recorded: true });
    expect(await passGate(under.stores, forward(ready))).toMatchObject({ reason: 'rejected' });
  });

  test('stays uncounted in the rounds after it, and one that counts is not given twice', async () => {
    const under = use();
    const ready = await approvedByOne(under);
    await age(under, ready);
    await askAgain(under, ready, { role: 'operator', quorum: 2, round: 2, afresh: true });
    expect(await vote(under, ready, 'bo')).toMatchObject({ recorded: true, repeated: false });
    expect(await vote(under, ready, 'bo')).toMatchObject({ recorded: true, repeated: true });
    await askAgain(under, ready, { role: 'operator', quorum: 2, round: 3 });
    expect(await pendingOf(under, ready)).toMatchObject({ approvals: 1 });
    expect(await passGate(under.stores, forward(ready))).toMatchObject({ reason: 'no-grant' });
  });

  test('of an operator who has become admin is given again in that role, and counts one person', async () => {
    const under = use();
    const ready = await readyToAct(under.stores, { verdict: oneOperator });
    await askPeople(under.stores, ready);
    const name = unique('cy');
    const decide = (role: 'operator' | 'admin') =>
      under.stores.approvals.decide({
        ...{ incidentId: ready.incidentId, planHash: ready.planHash },
        ...{ principal: person(name, role), decision: 'approve', reason: '' },
      });
    expect(await decide('operator')).toMatchObject({ recorded: true });
    const admins = under.withOptions(asking('admin', 2));
    await askAgain(under, ready, { role: 'admin', quorum: 2, round: 2 });
    expect(await decide('operator')).toMatchObject({ recorded: false, reason: 'role-too-low' });
    expect(await decide('admin')).toMatchObject({ recorded: true, repeated: false });
    expect(await decide('admin')).toMatchObject({ recorded: true, repeated: true });
    expect(await pendingOf(under, ready)).toMatchObject({ approvals: 1 });
    expect(await passGate(admins, forward(ready))).toMatchObject({ granted: false, reason: 'no-grant' });
  });

  test('is stored once for a round, a key and a role, whatever the code does', async () => {
    const under = use();
    const ready = await approvedByOne(under);
    const { db } = under.database;
    const [row] = await db
      .selectFrom('approvals')
      .selectAll()
      .where('plan_hash', '=', ready.planHash)
      .execute();
    if (row === undefined) throw new Error('the vote is stored');
    const { seq: _seq, ...vote } = row;
    const again = (change: Partial<typeof vote>) =>
      db
        .insertInto('approvals')
        .values({ ...vote, id: unique('vote'), ...change })
        .execute();
    await expect(again({})).rejects.toThrow(/approvals_once/);
    await again({ round: 2 });
  });
});
