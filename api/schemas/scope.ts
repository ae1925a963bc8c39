// Words and small shapes that many answers are made of.

import { z } from 'zod';
import type { Scope } from '../../domain/scope.ts';
import { named } from './named.ts';

/** Milliseconds since the epoch. */
export const instantMs = z.int().meta({ description: 'Milliseconds since 1970-01-01T00:00:00Z.' });

export const severity = z.enum(['info', 'warning', 'critical']);

export const scope = named<Scope>()(
  'Scope',
  z.strictObject({
    environment: z.string(),
    service: z.string(),
    component: z.string().optional(),
    resourceId: z.string().optional(),
  }),
);

export const figures = z.record(z.string(), z.number());

/** The hash that approvals are for. */
export const sha256 = z.string().meta({ description: '64 hex digits of a SHA-256.' });

/** The incident that ended shortly before with the same symptom. */
export const follows = z.strictObject({
  incidentId: z.string(),
  times: z.number().meta({ description: 'Which time the symptom is there, from 2.' }),
  sinceMs: z.number().meta({ description: 'When the first of these incidents was opened.' }),
});
