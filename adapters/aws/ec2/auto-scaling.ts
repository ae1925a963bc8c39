// What the Auto Scaling group of an instance does about one that is stopped: asked with the identity for reading, and only of
// instances that have the tag of a group. rights.ts names the same two requests.

import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
} from '@aws-sdk/client-auto-scaling';
import { z } from 'zod';
import { AwsError, readingsWithin, refused } from '../answers.ts';
import type { Proof } from '../check.ts';
import { clientOptions, type Sessions } from '../session.ts';
import type { Ec2Settings } from './settings.ts';

export type Membership = {
  readonly group: string;
  /** `InService`, `Standby`, `Terminating:Wait`, … */
  readonly lifecycle: string;
  /** Processes of the group that somebody has suspended. */
  readonly suspended: readonly string[];
};

const instancesAtOnce = 50;

const instanceSchema = z.object({
  InstanceId: z.string(),
  AutoScalingGroupName: z.string(),
  LifecycleState: z.string(),
});
const groupSchema = z.object({
  AutoScalingGroupName: z.string(),
  SuspendedProcesses: z.array(z.object({ ProcessName: z.string() })).default([]),
});

export function openGroups(settings: Ec2Settings, sessions: Sessions) {
  const client = new AutoScalingClient(
    clientOptions(settings, settings.endpoints.autoscaling, sessions.reader),
  );
  const what = `asking the Auto Scaling groups in ${settings.region} about their instances`;
  const ask = readingsWithin(settings.timeoutSeconds * 1_000);

  return {
    /** By instance. Throws an `AwsError` when it cannot be told. */
    async of(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Membership>> {
      const members = new Map<string, Membership>();
      for (let at = 0; at < ids.length; at += instancesAtOnce) {
        const asked = new DescribeAutoScalingInstancesCommand({
          InstanceIds: ids.slice(at, at + instancesAtOnce),
        });
        const { AutoScalingInstances } = await ask(what, signal, (abortSignal) =>
          client.send(asked, { abortSignal }),
        );
        const found = read(z.array(instanceSchema), AutoScalingInstances ?? []);
        if (found.length === 0) continue;
        const names = [...new Set(found.map(({ AutoScalingGroupName }) => AutoScalingGroupName))];
        const groups = await ask(what, signal, (abortSignal) =>
          client.send(
            // At most as many as instances were asked for, so there is no second page.
            new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: names, MaxRecords: 100 }),
            { abortSignal },
          ),
        );
        const suspended = new Map(
          read(z.array(groupSchema), groups.AutoScalingGroups ?? []).map((one) => [
            one.AutoScalingGroupName,
            one.SuspendedProcesses.map(({ ProcessName }) => ProcessName),
          ]),
        );
        for (const { InstanceId, AutoScalingGroupName: group, LifecycleState: lifecycle } of found)
          members.set(InstanceId, { group, lifecycle, suspended: suspended.get(group) ?? [] });
      }
      return members;
    },

    /** The second request is only made of instances that a group has: each is proven by itself. */
    proofs: (id: string): readonly Proof[] => [
      [
        'autoscaling:DescribeAutoScalingInstances',
        () =>
          ask(what, undefined, (abortSignal) =>
            client.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [id] }), { abortSignal }),
          ),
      ],
      [
        'autoscaling:DescribeAutoScalingGroups',
        () =>
          ask(what, undefined, (abortSignal) =>
            client.send(new DescribeAutoScalingGroupsCommand({ MaxRecords: 1 }), { abortSignal }),
          ),
      ],
    ],
  };

  function read<T>(schema: z.ZodType<T>, answer: unknown): T {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new AwsError(refused('unreachable', `${what}: an answer that they do not give`), parsed.error);
  }
}

/** Whether the group lets a stopped instance be: it is out of service there, or the group looks after none of them now. */
export function letsBe({ lifecycle, suspended }: Membership): boolean {
  return (
    lifecycle === 'Standby' || suspended.some((one) => one === 'ReplaceUnhealthy' || one === 'HealthCheck')
  );
}
