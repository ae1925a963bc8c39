// An executor without a world as a vendor.

import { z } from 'zod';
import { ok } from '../../domain/doctor.ts';
import type { ExecutorVendor } from '../executor-vendor.ts';

const settings = z.strictObject({
  services: z
    .array(
      z.strictObject({
        service: z.string().min(1).max(200).describe('Service name, as in telemetry.'),
        replicas: z.int().min(1).max(1000).default(2).describe('Replicas at the start.'),
      }),
    )
    .default([])
    .describe('Services it pretends to run.'),
  takesSeconds: z
    .number()
    .min(0)
    .max(3_600)
    .default(0)
    .describe('How long an effect takes; 0: done at once. To see how progress is told.'),
});

export const mock: ExecutorVendor<typeof settings> = {
  typeMeans: 'Nothing real.',
  about: 'Changes nothing and only records what it was told: for trying out policies, and for tests.',
  settings,
  async load() {
    const { createMockExecutor } = await import('./executor.ts');
    return {
      create: ({ name, services, takesSeconds }, { nowMs }) =>
        createMockExecutor({ name, services, nowMs, takesMs: takesSeconds * 1_000 }),
      doctor: async ({ name }) => ok(`Executor ${name}`, 'mock: changes nothing'),
    };
  },
};
