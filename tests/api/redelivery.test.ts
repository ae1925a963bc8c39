// Decisions nobody heard of are handed over in the end, each once, and a dead workflow does not hold up the others.

import { expect, test, vi } from 'vitest';
import type { UntoldSettlement } from '../../api/ports/effects.ts';
import { startRedelivery } from '../../api/redelivery.ts';
import type { RollbackNews } from '../../domain/incident/events.ts';
import type { RollbackOrder } from '../../workflows/messages.ts';
import { createWorld, type World } from './in-memory.ts';

function undelivered(world: World, count: number): void {
  world.undelivered = Array.from({ length: count }, (_, index) => ({
    ...{ approvalId: `a-${index}`, planHash: 'h', actor: 'p', decision: 'approve' as const, reason: '' },
    incidentId: `incident/ab/${index + 1}`,
  }));
}

/** Nothing of this kind is on its way; see settlements.test.ts. */
const settlements = { untold: async () => [], record: async () => false };

test('everything undelivered is told once and confirmed', async () => {
  const world = createWorld();
  undelivered(world, 3);
  const redelivery = startRedelivery({ ...world.deps, settlements, intervalMs: 5 });
  await vi.waitUntil(() => world.undelivered.length === 0, { timeout: 60_000 });
  await redelivery.stop();
  expect(world.told.map(({ incidentId }) => incidentId)).toEqual([
    'incident/ab/1',
    'incident/ab/2',
    'incident/ab/3',
  ]);
});

test('what fails is tried again until the workflow can be reached', async () => {
  const world = createWorld();
  undelivered(world, 1);
  world.workflowAnswers = 'unreachable';
  const redelivery = startRedelivery({ ...world.deps, settlements, intervalMs: 2 });
  await vi.waitUntil(() => world.logged.length >= 2, { timeout: 60_000 });
  expect(world.undelivered).toHaveLength(1);
  world.workflowAnswers = 'accepts';
  await vi.waitUntil(() => world.undelivered.length === 0, { timeout: 60_000 });
  await redelivery.stop();
  expect(world.told).toHaveLength(1);
  const { text } = await world.deps.renderMetrics();
  expect(text).toContain('sentinel_decision_redeliveries_total{result="delivered"} 1');
});

test('one dead workflow does not keep the others waiting', async () => {
  const world = createWorld();
  undelivered(world, 3);
  const messenger = {
    approvalDecided: async (incidentId: string) => {
      if (incidentId === 'incident/ab/1') throw new Error('workflow not found');
    },
    takeOver: async () => ({ accepted: true, reason: '' }),
    abort: async () => ({ accepted: true, reason: '' }),
    close: async () => ({ accepted: true, reason: '' }),
    effectSettled: async () => ({ accepted: true, reason: '' }),
    rollbackNews: async () => ({ accepted: true, reason: '' }),
  };
  const redelivery = startRedelivery({ ...world.deps, settlements, messenger, intervalMs: 2 });
  await vi.waitUntil(() => world.undelivered.length === 1, { timeout: 60_000 });
  await redelivery.stop();
  expect(world.undelivered[0]?.approvalId).toBe('a-0');
});

test('a store that cannot be read is looked at again', async () => {
  const world = createWorld();
  undelivered(world, 1);
  let failures = 2;
  const approvals = {
    ...world.deps.approvals,
    undelivered: async (limit: number) => {
      if (failures-- > 0) throw new Error('connection lost');
      return world.deps.approvals.undelivered(limit);
    },
  };
  const redelivery = startRedelivery({ ...world.deps, settlements, approvals, intervalMs: 2 });
  await vi.waitUntil(() => world.undelivered.length === 0, { timeout: 60_000 });
  await redelivery.stop();
  expect(world.logged.filter(({ message }) => message.includes('could not look'))).toHaveLength(2);
});

test('after stop nothing more is told', async () => {
  const world = createWorld();
  const redelivery = startRedelivery({ ...world.deps, settlements, intervalMs: 60_000 });
  await redelivery.stop();
  undelivered(world, 1);
  expect(world.told).toEqual([]);
});

test('a settled effect is told until the store has it no more', async () => {
  const world = createWorld();
  world.workflowAnswers = 'accepts';
  const settlement: UntoldSettlement = {
    ...{ incidentId: 'incident/ab/1', intentId: 'intent-1', step: 0, direction: 'forward' },
    ...{ happened: true, actor: 'person:ada', reason: 'four run' },
  };
  const left = [[settlement], [settlement], []];
  const untold = async () => left.shift() ?? [];
  const redelivery = startRedelivery({
    ...world.deps,
    settlements: { untold, record: async () => false },
    intervalMs: 2,
  });
  await vi.waitUntil(() => left.length === 0, { timeout: 60_000 });
  await redelivery.stop();
  expect(world.told).toEqual([
    { incidentId: 'incident/ab/1', what: 'settled intent-1', by: 'person:ada' },
    { incidentId: 'incident/ab/1', what: 'settled intent-1', by: 'person:ada' },
  ]);
});

test('rollbacks get their workflows, and their incidents the news, however long that takes', async () => {
  const world = createWorld();
  const order: RollbackOrder = {
    ...{ requestId: 'rollback-1', incidentId: 'incident/ab/1', planHash: 'h', step: 0, stepKey: 'scale@p/o' },
    action: 'scale',
    ...{ targetService: 'o', scope: { environment: 'p', service: 'o' } },
    ...{ onsetMs: 0, recordedSeq: 1, expiresAtMs: 1 },
  };
  const news: RollbackNews = {
    type: 'rollback-ended',
    ...{ newsId: 'rollback-1/ended', requestId: 'rollback-1', intentId: 'i', stepKey: 'scale@p/o' },
    outcome: 'undone',
    reason: 'two again',
  };
  let orders: readonly RollbackOrder[] = [order];
  let expired = 0;
  const rollbacks = {
    ...world.deps.rollbacks,
    async expire() {
      expired += 1;
    },
    unstarted: async () => orders,
    async started() {
      orders = [];
    },
    untold: async () => (world.told.length === 0 ? [{ incidentId: 'incident/ab/1', news }] : []),
  };
  world.workflowAnswers = 'unreachable';
  const redelivery = startRedelivery({ ...world.deps, settlements, rollbacks, intervalMs: 2 });
  await vi.waitUntil(() => world.logged.length >= 2, { timeout: 60_000 });
  expect(world.begun).toEqual([]);
  world.workflowAnswers = 'accepts';
  await vi.waitUntil(() => world.begun.length > 0 && world.told.length > 0, { timeout: 60_000 });
  await redelivery.stop();
  expect(world.begun).toEqual(['rollback-1']);
  expect(world.told).toMatchObject([{ what: 'rollback-ended rollback-1/ended' }]);
  expect(expired).toBeGreaterThan(0);
  expect((await world.deps.renderMetrics()).text).toContain('sentinel_rollbacks_unstarted');
});
