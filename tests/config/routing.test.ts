/** The settings that say which incidents a way to people is for. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { routeOf, routingFields } from '../../config/sections/routing.ts';

const schema = z.strictObject(routingFields({ cooldown: '5m', severities: ['critical'] }));

test('without settings: the defaults of the channel, every environment, every moment', () => {
  expect(routeOf(schema.parse({}))).toEqual({
    severities: ['critical'],
    environments: ['*'],
    moments: ['opened', 'approval', 'restarted', 'escalated', 'closed'],
    cooldownMs: 300_000,
  });
});

test.each([
  { severities: ['fatal'] },
  { severities: [] },
  { moments: ['paid'] },
  { cooldown: '25h' },
  { environments: [''] },
])('%j is refused', (settings) => {
  expect(schema.safeParse(settings).success).toBe(false);
});
