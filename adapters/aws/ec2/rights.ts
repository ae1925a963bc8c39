// The rights that exactly the configured instances and actions need.

import { type Condition, type Right, tagCondition } from '../rights.ts';
import { partitionOf } from '../settings.ts';
import type { Ec2Settings, Verb } from './settings.ts';

const actionsOf: Readonly<Record<Verb, string>> = {
  restart: 'ec2:RebootInstances',
  stop: 'ec2:StopInstances',
  start: 'ec2:StartInstances',
};

/** What the session for one effect may do. */
export function effectRight(
  settings: Ec2Settings,
  verb: Verb,
  id: string,
): Pick<Right, 'actions' | 'resources'> {
  return { actions: [actionsOf[verb]], resources: [arnOf(settings, id)] };
}

export function neededRights(settings: Ec2Settings): readonly Right[] {
  const { actions, region, writeRole } = settings;
  const { ids, tags } = settings.instances;
  // Descriptions have no rights for one instance; to one region they can be kept.
  const inRegion: Condition = { StringEquals: { 'aws:RequestedRegion': region } };
  const tagged = tagCondition(tags);
  return [
    {
      identity: 'read',
      actions: ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus'],
      resources: ['*'],
      condition: inRegion,
    },
    // What a group does about an instance that is stopped.
    ...(actions.some((verb) => verb !== 'restart')
      ? [
          {
            identity: 'read' as const,
            actions: ['autoscaling:DescribeAutoScalingInstances', 'autoscaling:DescribeAutoScalingGroups'],
            resources: ['*'],
            condition: inRegion,
          },
        ]
      : []),
    // Whether a stop loses what is on disks of the machine.
    ...(actions.includes('stop')
      ? [
          {
            identity: 'read' as const,
            actions: ['ec2:DescribeInstanceTypes'],
            resources: ['*'],
            condition: inRegion,
          },
        ]
      : []),
    ...(writeRole === undefined
      ? []
      : [{ identity: 'read' as const, actions: ['iam:SimulatePrincipalPolicy'], resources: [writeRole] }]),
    {
      identity: 'write',
      actions: actions.map((verb) => actionsOf[verb]),
      resources: ids.length === 0 ? [arnOf(settings, '*')] : ids.map((id) => arnOf(settings, id)),
      ...(tagged === undefined ? {} : { condition: tagged }),
    },
  ];
}

export function arnOf({ region, account }: Pick<Ec2Settings, 'region' | 'account'>, id: string): string {
  return `arn:${partitionOf(region)}:ec2:${region}:${account}:instance/${id}`;
}
