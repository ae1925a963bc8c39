// The keys of an ECS executor in the configuration.

import { z } from 'zod';
import { commonKeys, endpointsSchema, tagsSchema } from '../settings.ts';

const awsName = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_-]*$/, 'expected a name in AWS: letters, digits, _ and -');

export const serviceActions = ['restart', 'scale', 'rollback-release', 'deploy-release'] as const;
export type ServiceAction = (typeof serviceActions)[number];

export const settings = z.strictObject({
  ...commonKeys,
  endpoints: endpointsSchema('ecs'),
  cluster: awsName.describe(
    'What this cluster is called in the names of targets: `ecs/<cluster>/<service>`.',
  ),
  clusterName: awsName
    .optional()
    .describe('Its name in AWS, where that differs: two accounts may have clusters of one name.'),
  services: z
    .array(
      z.strictObject({
        name: awsName.describe('Name of the ECS service.'),
        serves: z
          .string()
          .min(1)
          .max(200)
          .optional()
          .describe('Service name, as in telemetry. Default: the name of the ECS service.'),
      }),
    )
    .min(1)
    .max(100)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
      error: 'a service is named twice',
    })
    .describe('The services it sees and acts on. No others exist for it.'),
  tags: tagsSchema
    .default({})
    .describe(
      'Tags that a service must have as well, every one of them with this value; nothing acts on one without.',
    ),
  actions: z
    .array(z.enum(serviceActions))
    .min(1)
    .default([...serviceActions])
    .describe('What it may do. The rights it needs follow from it.'),
  deadlineSeconds: z
    .int()
    .min(60)
    .max(3_600)
    .default(600)
    .describe('How long a deployment may take before it counts as stuck.'),
});

export type EcsSettings = z.output<typeof settings> & { readonly name: string };
