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
  createdAt: z.date().optional(),
  updatedAt: z.date().optional(),
});
export type Deployment = z.infer<typeof deploymentSchema>;

const eventSchema = z.object({
  id: z.string().min(1).max(200),
  createdAt: z.date(),
  message: z.string().default(''),
});
export type ServiceEvent = z.infer<typeof eventSchema>;

export const serviceSchema = z.object({
  serviceName: z.string().min(1),
  serviceArn: z.string().min(1),
  status: z.string(),
  desiredCount: count,
  runningCount: count,
  pendingCount: count,
  schedulingStrategy: z.string().default('REPLICA'),
  deploymentController: z.object({ type: z.string() }).optional(),
  deploymentConfiguration: z.object({ minimumHealthyPercent: z.int().optional() }).optional(),
  deployments: z.array(deploymentSchema),
  /** Newest first; ECS keeps a hundred. */
  events: z.array(eventSchema).default([]),
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
  stopCode: z.string().optional(),
  stoppedAt: z.date().optional(),
  containers: z
    .array(
      z.object({
        name: z.string().default('unnamed'),
        exitCode: z.int().optional(),
        reason: z.string().optional(),
      }),
    )
    .default([]),
});
export type Task = z.infer<typeof taskSchema>;

/** The part of an ARN by which people know it: `web:2`, the id of a task. */
export function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

export function primaryOf({ deployments }: Service): Deployment | undefined {
  return deployments.find(({ status }) => status === 'PRIMARY');
}
