// The rights that exactly the configured services and actions need.

import { type Condition, type Right, tagCondition } from '../rights.ts';
import { partitionOf } from '../settings.ts';
import type { EcsSettings } from './settings.ts';

type Effect = { readonly actions: readonly string[]; readonly resources: readonly string[] };

export function arnsOf({ region, account, cluster, clusterName = cluster }: EcsSettings) {
  const prefix = `arn:${partitionOf(region)}:ecs:${region}:${account}`;
  return {
    cluster: `${prefix}:cluster/${clusterName}`,
    service: (name: string) => `${prefix}:service/${clusterName}/${name}`,
    task: (id: string) => `${prefix}:task/${clusterName}/${id}`,
    revision: (name: string) => `${prefix}:service-revision/${clusterName}/${name}/*`,
  };
}

/** What the session for one effect may do. */
export function updateRight(settings: EcsSettings, service: string): Effect {
  return { actions: ['ecs:UpdateService'], resources: [arnsOf(settings).service(service)] };
}

export function stopRight(settings: EcsSettings, taskId: string): Effect {
  return { actions: ['ecs:StopTask'], resources: [arnsOf(settings).task(taskId)] };
}

export function readsDefinitions({ actions, callsPerMinute }: EcsSettings): boolean {
  return actions.includes('rollback-release') || actions.includes('deploy-release') || callsPerMinute > 0;
}

export function neededRights(settings: EcsSettings): readonly Right[] {
  const { services, actions, tags, writeRole } = settings;
  const arns = arnsOf(settings);
  const all = services.map(({ name }) => arns.service(name));
  const inCluster: Condition = { ArnEquals: { 'ecs:cluster': arns.cluster } };
  const read = (
    action: string | readonly string[],
    resources: readonly string[],
    condition?: Condition,
  ): Right => ({
    identity: 'read',
    actions: [action].flat(),
    resources,
    ...(condition === undefined ? {} : { condition }),
  });
  const tagged = tagCondition(tags);
  return [
    read('ecs:DescribeServices', all),
    read('ecs:ListTasks', ['*'], inCluster),
    read('ecs:DescribeTasks', [arns.task('*')]),
    ...(actions.includes('rollback-release')
      ? [
          read('ecs:ListServiceDeployments', all),
          read(
            'ecs:DescribeServiceRevisions',
            services.map(({ name }) => arns.revision(name)),
          ),
        ]
      : []),
    // Task definitions have no rights of their own.
    ...(readsDefinitions(settings) ? [read('ecs:DescribeTaskDefinition', ['*'])] : []),
    // Nor have the targets of Application Auto Scaling, for descriptions.
    ...(actions.includes('scale')
      ? [
          read(
            [
              'application-autoscaling:DescribeScalableTargets',
              'application-autoscaling:DescribeScalingPolicies',
              'application-autoscaling:DescribeScheduledActions',
            ],
            ['*'],
          ),
        ]
      : []),
    ...(writeRole === undefined ? [] : [read('iam:SimulatePrincipalPolicy', [writeRole])]),
    {
      identity: 'write',
      actions: ['ecs:UpdateService'],
      resources: all,
      ...(tagged === undefined ? {} : { condition: tagged }),
    },
    // The ARN of a task says nothing of its service: it is the session of each effect that names the one task.
    ...(actions.includes('restart')
      ? [{ identity: 'write' as const, actions: ['ecs:StopTask'], resources: [arns.task('*')] }]
      : []),
  ];
}
