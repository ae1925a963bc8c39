/** What the API sees of executors: the ones that answer, the ones that do not, and nothing it could act with. */
import { expect, test } from 'vitest';
import type { Executor } from '../../../activities/ports/executor.ts';
import { createMockExecutor } from '../../../adapters/mock/executor.ts';
import { createInfrastructure } from '../../../app/api/infrastructure.ts';
import { executorsSchema } from '../../../config/sections/executors.ts';

const configs = executorsSchema.parse([
  { type: 'mock', name: 'good', environments: ['staging', 'production'] },
  { type: 'mock', name: 'hangs', environments: ['production'] },
  { type: 'mock', name: 'fails', environments: ['production'] },
]);
const services = [{ service: 'orders', replicas: 2 }];
const good = createMockExecutor({ name: 'good', services, nowMs: () => 1 });
const like = (name: string, observe: Executor['observe']): Executor => ({ ...good, name, observe });
const all = [
  good,
  like('hangs', () => new Promise(() => {})),
  like('fails', () => Promise.reject(new Error('connection refused'))),
];
const infrastructure = createInfrastructure(
  {
    forEnvironment: (environment) => (environment === 'production' ? all : [good]),
    forTarget: () => {
      throw new Error('looking must not find a way to act');
    },
  },
  configs,
  20,
);

test('environments are those of the configuration, each once', () => {
  expect(infrastructure.environments).toEqual(['production', 'staging']);
});

test('who does not answer in time, or fails, is missing with the reason; the others are seen', async () => {
  const seen = await infrastructure.observe('production');
  expect(seen.targets).toMatchObject([
    { executor: 'good', target: { service: 'orders' }, desiredReplicas: 2 },
  ]);
  expect(seen.missing).toEqual([
    { executor: 'hangs', reason: 'no answer within 20 ms' },
    { executor: 'fails', reason: 'connection refused' },
  ]);
  expect((await infrastructure.observe('staging')).missing).toEqual([]);
});
