// Rolling back over the API: what stands, who may ask, and what the store's refusals become.

import { expect, test } from 'vitest';
import type { StandingEffect } from '../../api/ports/rollbacks.ts';
import { requestRollback, startRollback, tellRollbackNews } from '../../api/rollbacks.ts';
import { clientOf } from './client.ts';
import { createWorld } from './in-memory.ts';
import { addIncident, ref } from './incidents.ts';

const body = { reason: 'the release was fine' };
const standing: StandingEffect = {
  ...{ effectId: `intent-${'0'.repeat(40)}`, action: 'scale', status: 'applied', sinceMs: 1 },
  ...{ target: { environment: 'production', service: 'orders' }, undo: '2 replicas again (scale)' },
  ...{ quorum: 1, objection: null, request: null },
};

test.each([
  [`intent-${'0'.repeat(40)}`, 200, { granted: true, repeated: false, tookOver: false }],
  [`intent-${'f'.repeat(40)}`, 404, { reason: 'unknown-effect' }],
  [
    `intent-${'e'.repeat(40)}`,
    409,
    { reason: 'no-inverse', detail: expect.stringContaining('nothing to undo') },
  ],
  ['anything', 400, {}],
])('%s: %s', async (id, status, answer) => {
  const world = createWorld();
  addIncident(world);
  const path = `/api/v1/effects/${id}/roll-back`;
  const given = await clientOf(world)(path, { method: 'POST', body, key: world.keys.admin });
  expect(given.status).toBe(status);
  expect(given.json).toMatchObject(answer);
  expect(world.rolledBack).toHaveLength(status === 200 ? 1 : 0);
  expect(world.begun).toEqual(status === 200 ? ['rollback-1'] : []);
});

test('only an admin asks for one; everybody who may look sees what stands', async () => {
  const world = createWorld();
  addIncident(world);
  world.standing = [standing];
  const path = `/api/v1/effects/${standing.effectId}/roll-back`;
  for (const key of [world.keys.viewer, world.keys.operator])
    expect((await clientOf(world)(path, { method: 'POST', body, key })).status).toBe(403);
  expect(world.rolledBack).toEqual([]);
  const seen = await clientOf(world)(`/api/v1/incidents/${ref}/standing`, { key: world.keys.viewer });
  expect(seen.json).toEqual({ items: [standing], nextCursor: null });
  expect((await clientOf(world)('/api/v1/incidents/ab-1/standing', { key: world.keys.viewer })).status).toBe(
    404,
  );
});

test('one that cannot be begun now is recorded, and begun later', async () => {
  const world = createWorld();
  addIncident(world);
  world.workflowAnswers = 'unreachable';
  const path = `/api/v1/effects/${standing.effectId}/roll-back`;
  const given = await clientOf(world)(path, { method: 'POST', body, key: world.keys.admin });
  expect(given.json).toMatchObject({ granted: true });
  expect(world.begun).toEqual([]);
  world.workflowAnswers = 'accepts';
  const principal = { keyId: 'k', name: 'ada', role: 'admin', person: 'ada' } as const;
  const result = await requestRollback(
    { effectId: standing.effectId, principal, reason: 'again' },
    world.deps,
  );
  if (!result.recorded || result.order === null) throw new Error('not asked for');
  expect(await startRollback(result.order, world.deps)).toBe(true);
  expect(world.begun).toContain('rollback-1');
});

test('news go to the workflow, and to the store where none runs any more', async () => {
  const world = createWorld();
  const about = { newsId: 'n-1', requestId: 'r-1', intentId: 'i-1', stepKey: 'scale@production/orders' };
  const untold = {
    incidentId: 'incident/ab/1',
    news: { type: 'rollback-ended', ...about, outcome: 'undone', reason: 'two again' },
  } as const;
  const recorded: unknown[] = [];
  const rollbacks = {
    ...world.deps.rollbacks,
    async record(one: unknown) {
      recorded.push(one);
      return true;
    },
  };
  expect(await tellRollbackNews(untold, { ...world.deps, rollbacks })).toBe(true);
  expect(world.told).toMatchObject([{ incidentId: 'incident/ab/1', what: 'rollback-ended n-1' }]);
  expect(recorded).toEqual([]);
  world.workflowAnswers = 'refuses';
  expect(await tellRollbackNews(untold, { ...world.deps, rollbacks })).toBe(true);
  expect(recorded).toEqual([untold]);
  world.workflowAnswers = 'unreachable';
  expect(await tellRollbackNews(untold, { ...world.deps, rollbacks })).toBe(false);
  expect(recorded).toHaveLength(1);
});
