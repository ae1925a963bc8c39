/** Systems that are asked what they do: what they answer is taken, and one that does not answer holds up no other. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TelemetryObservation } from '../../domain/observation.ts';
import { type Watched, watch } from '../../ingest/watched.ts';

const point: TelemetryObservation = {
  kind: 'gauge',
  scope: { environment: 'e', service: 's' },
  metric: 'container.memory.usage',
  unit: 'By',
  attributes: {},
  atMs: 1,
  value: 1,
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is read is taken, environment by environment; failures are told once, and their end', async () => {
  const said: string[] = [];
  const taken: unknown[] = [];
  let works = false;
  const log = {
    info: (_: object, text: string) => void said.push(text),
    warn: (_: object, text: string) => void said.push(text),
    error: () => {},
  };
  const good: Watched = {
    name: 'good',
    environments: ['a', 'b'],
    read: async (environment) => [{ ...point, scope: { environment, service: 's' } }],
  };
  const bad: Watched = {
    name: 'bad',
    environments: ['c'],
    read: async () => {
      if (works) return [point];
      throw new Error('away');
    },
  };
  const hung: Watched = { name: 'hung', environments: ['d'], read: () => new Promise(() => {}) };
  const watching = watch([hung, bad, good], {
    take: async (observations) => {
      taken.push(...observations.map(({ scope }) => scope.environment));
      return { kind: 'stored' };
    },
    everyMs: 1_000,
    clock: { nowMs: () => 0 },
    metrics: { count: () => {}, observe: () => {}, gauge: () => {} },
    log,
  });
  watching.start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(taken).toEqual(['a', 'b']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(said).toEqual(['a watched system cannot be asked; asking on']);
  works = true;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(said.at(-1)).toBe('a watched system answers again');
  expect(taken).toContain('e');
  // Also while one of them does not answer.
  await watching.stop();
});
