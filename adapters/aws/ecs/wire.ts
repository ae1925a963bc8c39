// What ECS says, checked at the door. Only what is used is read.

import { z } from 'zod';

const count = z.int().default(0);

const deploymentSchema = z.object({
  id: z.string().min(1).max(200),
  /** `PRIMARY`: the newest. `ACTIVE`: still has tasks. */
  status: z.string(),
  taskDefinition: z.string(),
  desiredCount: count,
  runningCount: count,
  failedTasks: count,
  /** Absent where ECS does not tell (other deployment controllers, classic load balancers). */
  rolloutState: z.string().optional(),
  rolloutStateReason: z.string().optional(),
});
export type Deployment = z.infer<typeof deploymentSchema>;

export const serviceSchema = z.object({
  serviceName: z.string().min(1),
  serviceArn: z.string().min(1),
  status: z.string(),
  desiredCount: count,
  runningCount: count,
  pendingCount: count,
  schedulingStrategy: z.string().default('REPLICA'),
  deploymentController: z.object({ type: z.string() }).optional(),
  deployments: z.array(deploymentSchema),
  tags: z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]),
});
export type Service = z.infer<typeof serviceSchema>;

export const taskSchema = z.object({
  taskArn: z.string().min(1),
  lastStatus: z.string(),
  desiredStatus: z.string().default('RUNNING'),
  startedBy: z.string().optional(),
  group: z.string().optional(),
  startedAt: z.date().optional(),
  createdAt: z.date().optional(),
  healthStatus: z.string().default('UNKNOWN'),
  stoppedReason: z.string().optional(),
});
export type Task = z.infer<typeof taskSchema>;

/** The part of an ARN by which people know it: `web:2`, the id of a task. */
export function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

export function primaryOf({ deployments }: Service): Deployment | undefined {
  return deployments.find(({ status }) => status === 'PRIMARY');
}
