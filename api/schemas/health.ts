// The parts Sentinel depends on.

import { z } from 'zod';
import type { ComponentHealth } from '../ports/health.ts';
import { named } from './named.ts';

export const componentHealth = named<ComponentHealth>()(
  'ComponentHealth',
  z.strictObject({
    name: z.string(),
    ok: z.boolean(),
    required: z.boolean(),
    detail: z.string(),
    latencyMs: z.number().optional(),
  }),
);
