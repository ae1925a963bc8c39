// A person's decision: recorded first, told to the workflow second, refused with a reason.

import { describe, expect, test } from 'vitest';
import { type DecisionRefusal, decisionRefusals } from '../../api/ports/approvals.ts';
import { worldWithIncident } from './calls.ts';
import { clientOf } from './client.ts';
import { incidentId, planHash, ref } from './incidents.ts';

const path = `/api/v1/incidents/${ref}/approvals`;
const approve = { planHash, decision: 'approve' };

describe('a decision', () => {
  test('is recorded, told to the workflow, and confirmed', async () => {
    const world = worldWithIncident();
    const answer = await clientOf(world)(path, {
      key: world.keys.operator,
      body: { ...approve, reason: ' fine \n' },
    });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      planHash,
      decision: 'approve',
      actor: 'operator-person',
      reason: 'fine',
      delivered: true,
    });
    expect(world.told).toEqual([{ incidentId, what: 'approve', by: 'operator-person' }]);
    expect(world.undelivered).toEqual([]);
  });

  test('repeated by the same person is answered with the first record', async () => {
    const world = worldWithIncident();
    const decision = { approvalId: 'a-1', planHash, actor: 'p', decision: 'approve' as const, reason: '' };
    world.decide = () => ({ recorded: true, decision, repeated: true });
    const answer = await clientOf(world)(path, { body: approve });
    expect(answer.json).toMatchObject({ approvalId: 'a-1', repeated: true });
  });

  test.each(['unreachable', 'hangs'] as const)(
    'is no error when the workflow %s: it stays for redelivery',
    async (how) => {
      const world = worldWithIncident();
      world.workflowAnswers = how;
      const answer = await clientOf(world)(path, { body: approve });
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ delivered: false });
      expect(world.undelivered).toHaveLength(1);
      expect(world.logged.some(({ level }) => level === 'warn')).toBe(true);
    },
  );

  test('needs a reason to reject', async () => {
    const world = worldWithIncident();
    const answer = await clientOf(world)(path, { body: { planHash, decision: 'reject' } });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ errors: [{ field: 'reason', message: 'is needed to reject' }] });
    expect(world.undelivered).toEqual([]);
  });
});

const statusOf: Readonly<Record<DecisionRefusal, number>> = {
  'unknown-incident': 404,
  'not-awaiting': 409,
  'stale-plan': 409,
  'already-decided': 409,
  expired: 410,
  'same-person': 409,
  'out-of-reach': 403,
  'role-too-low': 403,
};

test.each(decisionRefusals)('a refusal (%s) has its status, its reason and its detail', async (reason) => {
  const world = worldWithIncident();
  world.decide = () => ({ recorded: false, reason, detail: 'because of the test' });
  const answer = await clientOf(world)(path, { body: approve });
  expect(answer.status).toBe(statusOf[reason]);
  expect(answer.json).toMatchObject({ status: statusOf[reason], reason, detail: 'because of the test' });
  expect(world.told).toEqual([]);
  const { text } = await world.deps.renderMetrics();
  expect(text).toContain(`sentinel_approval_decisions_total{decision="approve",result="${reason}"} 1`);
});

test('pending approvals come with the short id', async () => {
  const world = worldWithIncident();
  const pending = (deadlineMs: number) => ({
    ...{
      incidentId,
      planHash,
      role: 'operator' as const,
      quorum: 1,
      approvals: 0,
      requestedAtMs: 1,
      deadlineMs,
      because: deadlineMs > 10 ? 'policy now asks for 2 × operator' : null,
    },
  });
  world.pending = [pending(10), pending(20)];
  const { json } = await clientOf(world)('/api/v1/approvals/pending', { key: world.keys.viewer });
  expect(json).toMatchObject({
    items: [
      { deadlineMs: 10, ref, because: null },
      { deadlineMs: 20, ref, because: 'policy now asks for 2 × operator' },
    ],
  });
});
