// The keys of an EC2 executor in the configuration.

import { z } from 'zod';
import { commonKeys, endpointsSchema, tagsSchema } from '../settings.ts';

export const verbs = ['restart', 'stop', 'start'] as const;
export type Verb = (typeof verbs)[number];

export const settings = z.strictObject({
  ...commonKeys,
  endpoints: endpointsSchema('ec2'),
  instances: z
    .strictObject({
      ids: z
        .array(
          z
            .string()
            .regex(/^i-[0-9a-f]{8,17}$/, 'expected the id of an instance, such as i-0abc1234def567890'),
        )
        .max(100)
        .default([])
        .describe('Ids of instances. Empty: every one that has the tags.'),
      tags: tagsSchema
        .default({})
        .describe('Tags that an instance must have, every one of them with this value.'),
    })
    .refine(({ ids, tags }) => ids.length > 0 || Object.keys(tags).length > 0, {
      error: 'give ids, tags, or both: without, it would see nothing',
    })
    .describe(
      'The instances it sees and acts on; where both ids and tags are given, both must hold. No others exist for it.',
    ),
  serviceTag: z
    .string()
    .min(1)
    .max(128)
    .default('service')
    .describe(
      'Tag that says which service an instance is, as in telemetry. Without it the tag Name is the service, then the id.',
    ),
  actions: z
    .array(z.enum(verbs))
    .min(1)
    .default([...verbs])
    .describe('What it may do; `restart` is a reboot. The rights it needs follow from it.'),
  rebootSeconds: z
    .int()
    .min(10)
    .max(600)
    .default(60)
    .describe('How long a reboot takes. EC2 does not show one: after this time its status checks count.'),
  deadlineSeconds: z
    .int()
    .min(60)
    .max(3_600)
    .default(600)
    .describe('How long a start, stop or reboot may take before it counts as stuck.'),
});

export type Ec2Settings = z.output<typeof settings> & { readonly name: string };
