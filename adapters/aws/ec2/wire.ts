// What EC2 says, checked at the door. Only what is used is read.

import { z } from 'zod';

const states = ['pending', 'running', 'shutting-down', 'terminated', 'stopping', 'stopped'] as const;

export const instanceSchema = z.object({
  InstanceId: z.string().regex(/^i-[0-9a-f]{8,17}$/),
  ImageId: z.string().default('unknown'),
  InstanceType: z.string().default('unknown'),
  LaunchTime: z.date(),
  State: z.object({ Name: z.enum(states) }),
  StateReason: z.object({ Message: z.string().optional() }).optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string().default('') })).default([]),
});
export type Instance = z.infer<typeof instanceSchema>;

/** `ok`, `impaired`, `initializing`, `insufficient-data`, `not-applicable`: the worse of instance and system. */
export type Checks = { readonly instance: string; readonly system: string };

export function tagOf({ Tags }: Instance, key: string): string | undefined {
  return Tags.find((tag) => tag.Key === key)?.Value;
}
