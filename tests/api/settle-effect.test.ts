// Settling an effect over the API: the store's refusals as answers a person understands.

import { expect, test } from 'vitest';
import { clientOf } from './client.ts';
import { createWorld } from './in-memory.ts';

const body = { happened: true, reason: 'seen' };

test.each([
  [`intent-${'0'.repeat(40)}`, 200, { settled: true }],
  [`intent-${'f'.repeat(40)}`, 404, { detail: expect.stringContaining('there is no effect') }],
  [`intent-${'e'.repeat(40)}`, 409, { detail: expect.stringContaining('still finding out') }],
  ['anything', 400, {}],
])('%s: %s', async (id, status, answer) => {
  const world = createWorld();
  const path = `/api/v1/effects/${id}/settle`;
  const given = await clientOf(world)(path, { method: 'POST', body, key: world.keys.operator });
  expect(given.status).toBe(status);
  expect(given.json).toMatchObject(answer);
});

test('a viewer settles nothing, and a reason is asked for', async () => {
  const world = createWorld();
  const path = `/api/v1/effects/intent-${'0'.repeat(40)}/settle`;
  const asViewer = await clientOf(world)(path, { method: 'POST', body, key: world.keys.viewer });
  expect(asViewer.status).toBe(403);
  const without = { method: 'POST', body: { happened: true }, key: world.keys.operator };
  expect((await clientOf(world)(path, without)).status).toBeGreaterThanOrEqual(400);
});
