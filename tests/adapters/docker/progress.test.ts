// A container without a health check that ends at once is seen to run for a moment.

import { expect, test } from 'vitest';
import { progressOf } from '../../../adapters/docker/progress.ts';
import { inspectedSchema } from '../../../adapters/docker/wire.ts';

const id = 'a'.repeat(64);
const startedAtMs = Date.UTC(2026, 0, 1);
const before = { id, startedAt: '2025-12-31T00:00:00Z', finishedAt: '0001-01-01T00:00:00Z', restarts: 0 };
const now = inspectedSchema.parse({
  ...{ Id: id, Name: '/orders', Image: `sha256:${id}`, RestartCount: 0 },
  State: {
    ...{ Status: 'running', OOMKilled: false, ExitCode: 0 },
    ...{ StartedAt: new Date(startedAtMs).toISOString(), FinishedAt: '2025-12-31T00:00:01Z' },
  },
  Config: { Image: 'orders:1', Labels: {} },
  HostConfig: {},
});

test.each([
  [0, 'running'],
  [1_999, 'running'],
  [2_000, 'done'],
  // The engine's clock is ahead: for how long it runs nobody can say.
  [-60_000, 'done'],
])('one that was started %i ms ago is %s', (forMs, kind) => {
  expect(progressOf('restart', before, now, null, startedAtMs + forMs).kind).toBe(kind);
});
