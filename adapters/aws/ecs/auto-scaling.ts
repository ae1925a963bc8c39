// Who else sets the count of an ECS service: Application Auto Scaling, asked with the identity for reading. rights.ts names the
// same three requests.

import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { z } from 'zod';
import { AwsError, readingsWithin, refused } from '../answers.ts';
import { clientOptions, type Sessions } from '../session.ts';
import type { Scaling } from './scaling.ts';
import type { EcsSettings } from './settings.ts';

const targetsAtOnce = 50;
/** Of policies and scheduled actions in a region; past that nobody can say that there is none. */
const mostPages = 40;

const targetSchema = z.object({
  ResourceId: z.string(),
  MinCapacity: z.int(),
  MaxCapacity: z.int(),
  SuspendedState: z
    .object({
      DynamicScalingInSuspended: z.boolean().default(false),
      DynamicScalingOutSuspended: z.boolean().default(false),
      ScheduledScalingSuspended: z.boolean().default(false),
    })
    .default({
      DynamicScalingInSuspended: false,
      DynamicScalingOutSuspended: false,
      ScheduledScalingSuspended: false,
    }),
});
type Target = z.infer<typeof targetSchema>;
type Suspended = Target['SuspendedState'];

const policySchema = z.object({ ResourceId: z.string(), PolicyName: z.string(), PolicyType: z.string() });
const actionSchema = z.object({
  ResourceId: z.string(),
  ScheduledActionName: z.string(),
  Schedule: z.string(),
  EndTime: z.date().optional(),
});

type Of =
  | { readonly ServiceNamespace: 'ecs' }
  | {
      readonly ServiceNamespace: 'ecs';
      readonly ScalableDimension: 'ecs:service:DesiredCount';
      readonly ResourceId: string;
    };

type Page<T> = { readonly items: readonly T[] | undefined; readonly next: string | undefined };

export function openAutoScaling(settings: EcsSettings, sessions: Sessions, nowMs: () => number) {
  const reads = readingsWithin(settings.timeoutSeconds * 1_000);
  const client = new ApplicationAutoScalingClient(
    clientOptions(settings, settings.endpoints.autoscaling, sessions.reader),
  );
  const prefix = `service/${settings.clusterName ?? settings.cluster}/`;
  const about = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const;

  async function all<T>(
    schema: z.ZodType<T>,
    signal: AbortSignal | undefined,
    ask: (next: { NextToken?: string }, options: { abortSignal: AbortSignal }) => Promise<Page<unknown>>,
  ): Promise<readonly T[]> {
    const what = `asking Application Auto Scaling who sets the counts of services in cluster ${settings.cluster}`;
    const found: T[] = [];
    let token: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const next = token === undefined ? {} : { NextToken: token };
      const answer = await reads(what, signal, (abortSignal) => ask(next, { abortSignal }));
      const parsed = z.array(schema).safeParse(answer.items ?? []);
      if (!parsed.success)
        throw new AwsError(refused('unreachable', `${what}: an answer that it does not give`), parsed.error);
      found.push(...parsed.data);
      token = answer.next;
      if (token === undefined) return found;
    }
    throw new AwsError(refused('unreachable', `${what}: more than ${mostPages} pages`), null);
  }

  const targetsOf = async (ids: readonly string[], signal?: AbortSignal): Promise<readonly Target[]> => {
    const found: Target[] = [];
    for (let at = 0; at < ids.length; at += targetsAtOnce) {
      const some = { ...about, ResourceIds: ids.slice(at, at + targetsAtOnce) };
      found.push(
        ...(await all(targetSchema, signal, async (next, options) => {
          const answer = await client.send(new DescribeScalableTargetsCommand({ ...some, ...next }), options);
          return { items: answer.ScalableTargets, next: answer.NextToken };
        })),
      );
    }
    return found;
  };

  const policiesOf = (of: Of, signal?: AbortSignal) =>
    all(policySchema, signal, async (next, options) => {
      const answer = await client.send(new DescribeScalingPoliciesCommand({ ...of, ...next }), options);
      return { items: answer.ScalingPolicies, next: answer.NextToken };
    });

  const actionsOf = (of: Of, signal?: AbortSignal) =>
    all(actionSchema, signal, async (next, options) => {
      const answer = await client.send(new DescribeScheduledActionsCommand({ ...of, ...next }), options);
      return { items: answer.ScheduledActions, next: answer.NextToken };
    });

  return {
    /** Each of the three requests once, whether or not the service is scaled. */
    async askEach(name: string): Promise<void> {
      const ResourceId = `${prefix}${name}`;
      await targetsOf([ResourceId]);
      await policiesOf({ ...about, ResourceId });
      await actionsOf({ ...about, ResourceId });
    },

    /** By service; those that nobody scales are not in it. Throws an `AwsError` when it cannot be told. */
    async of(names: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, Scaling>> {
      const targets = await targetsOf(
        names.map((name) => `${prefix}${name}`),
        signal,
      );
      const [only] = targets;
      if (only === undefined) return new Map();
      // Of several services all of the region are asked for at once: a request for each would be many. A dimension is
      // only taken together with a resource.
      const { ServiceNamespace } = about;
      const of = targets.length === 1 ? { ...about, ResourceId: only.ResourceId } : { ServiceNamespace };
      const [policies, actions] = await Promise.all([policiesOf(of, signal), actionsOf(of, signal)]);
      return new Map(
        targets.map(({ ResourceId, MinCapacity, MaxCapacity, SuspendedState }) => [
          ResourceId.slice(prefix.length),
          {
            min: MinCapacity,
            max: MaxCapacity,
            by: [
              ...policies
                .filter((one) => one.ResourceId === ResourceId && !isPaused(SuspendedState))
                .map(({ PolicyName, PolicyType }) => `${kindOf(PolicyType)} ${PolicyName}`),
              ...actions
                .filter((one) => one.ResourceId === ResourceId && !SuspendedState.ScheduledScalingSuspended)
                .filter(({ EndTime }) => EndTime === undefined || EndTime.getTime() > nowMs())
                .map(
                  ({ ScheduledActionName, Schedule }) =>
                    `scheduled action ${ScheduledActionName} (${Schedule})`,
                ),
            ],
          },
        ]),
      );
    },
  };
}

/** In one direction only: what Sentinel changes, or its undoing, would still be taken back. */
function isPaused({ DynamicScalingInSuspended, DynamicScalingOutSuspended }: Suspended): boolean {
  return DynamicScalingInSuspended && DynamicScalingOutSuspended;
}

function kindOf(type: string): string {
  return type === 'TargetTrackingScaling' ? 'target-tracking policy' : 'scaling policy';
}
