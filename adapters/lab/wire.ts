// What the lab's supervisor says over HTTP, checked at the door: its answers are input like any other.

import { z } from 'zod';
import { refusalCodes } from '../../domain/remediation/refusal-code.ts';

export const replicaSchema = z.object({
  taskId: z.string(),
  state: z.enum(['running', 'starting', 'draining', 'exited']),
  startedAt: z.string(),
  restarts: z.number().int(),
});

export const serviceSchema = z.object({
  service: z.string(),
  revision: z.number().int().nullish(),
  desiredReplicas: z.number().int(),
  release: z.string(),
  previousRelease: z.string().nullish(),
  config: z.object({ version: z.string(), previous: z.string().nullish() }),
  sandbox: z.object({ usedBytes: z.number(), limitBytes: z.number() }).nullish(),
  replicas: z.array(replicaSchema),
});
export type ServiceAnswer = z.infer<typeof serviceSchema>;

export const servicesSchema = z.union([
  z.array(serviceSchema),
  z.object({ services: z.array(serviceSchema) }),
]);

export const actionAnswerSchema = z.object({ intentId: z.string(), action: z.string(), service: z.string() });

export const closeAnswerSchema = z.object({ happened: z.boolean(), closed: z.boolean() });

export const refusalSchema = z.object({
  reason: z.string().optional(),
  error: z.string().optional(),
  code: z.enum(refusalCodes).optional().catch(undefined),
});
