// What EC2 says, checked at the door. Only what is used is read.

import { z } from 'zod';

const states = ['pending', 'running', 'shutting-down', 'terminated', 'stopping', 'stopped'] as const;

export const instanceSchema = z.object({
  InstanceId: z.string().regex(/^i-[0-9a-f]{8,17}$/),
  ImageId: z.string().default('unknown'),
  InstanceType: z.string().default('unknown'),
  LaunchTime: z.date(),
  State: z.object({ Name: z.enum(states) }),
  StateReason: z.object({ Code: z.string().optional(), Message: z.string().optional() }).optional(),
  /** Why it went into the state it is in, with the time where a person did it. */
  StateTransitionReason: z.string().optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string().default('') })).default([]),
});
export type Instance = z.infer<typeof instanceSchema>;

/** `ok`, `impaired`, `initializing`, `insufficient-data`, `not-applicable`: the worse of instance and system. */
export type Checks = {
  readonly instance: string;
  readonly system: string;
  /** Since when one of them fails, where EC2 says so. */
  readonly impairedSinceMs?: number;
  readonly events?: readonly PlannedEvent[];
};

/** What EC2 has announced for an instance. */
export type PlannedEvent = {
  readonly id: string;
  /** `instance-retirement`, `system-reboot`, … */
  readonly code: string;
  readonly description: string;
  readonly notBeforeMs: number | null;
};

const eventSchema = z.object({
  InstanceEventId: z.string().min(1).max(200),
  Code: z.string().default('event'),
  Description: z.string().default(''),
  NotBefore: z.date().optional(),
});

/** Without those that are over, which EC2 lists for a week. */
export function plannedEvents(events: readonly unknown[]): readonly PlannedEvent[] {
  return events.flatMap((event) => {
    const { success, data } = eventSchema.safeParse(event);
    if (!success || /^\[(Completed|Canceled)\]/i.test(data.Description)) return [];
    const { InstanceEventId: id, Code: code, Description: description, NotBefore } = data;
    return [{ id, code, description, notBeforeMs: NotBefore?.getTime() ?? null }];
  });
}

export function tagOf({ Tags }: Instance, key: string): string | undefined {
  return Tags.find((tag) => tag.Key === key)?.Value;
}
