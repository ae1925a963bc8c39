// A switch for an environment that does not exist would look as if it stopped something.

import { expect, test } from 'vitest';
import { clientOf } from './client.ts';
import { createWorld } from './in-memory.ts';

const engage = (environment: string, engaged = true) => ({
  body: { environment, engaged, reason: 'maintenance' },
});

test('an environment that is not known is refused, and the known ones are named', async () => {
  const world = createWorld();
  const { status, json } = await clientOf(world)('/api/v1/kill-switch', engage('prodution'));
  expect(status).toBe(400);
  expect(json).toMatchObject({
    errors: [{ field: 'environment', message: expect.stringContaining('production') }],
  });
  expect(world.switches).toEqual([]);
});

test.each(['production', '*'])('%s is engaged', async (environment) => {
  const world = createWorld();
  expect((await clientOf(world)('/api/v1/kill-switch', engage(environment))).status).toBe(200);
  expect(world.switches).toMatchObject([{ environment, engaged: true }]);
});

test('one that telemetry was heard of is known, too', async () => {
  const world = createWorld();
  world.services = [{ environment: 'canary', service: 'orders' } as (typeof world.services)[number]];
  expect((await clientOf(world)('/api/v1/kill-switch', engage('canary'))).status).toBe(200);
});
