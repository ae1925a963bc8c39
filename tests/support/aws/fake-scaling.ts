/** Application Auto Scaling in memory: what it knows of the services of the fake cluster, in pages of two. */

import { Refused } from './fake-ecs.ts';

export interface FakeScalableTarget {
  MinCapacity: number;
  MaxCapacity: number;
  SuspendedState?: Record<string, boolean>;
}

type Entry = Record<string, unknown> & { readonly ResourceId: string };

const pageOf = 2;

export class FakeScaling {
  /** By name of the service. */
  readonly targets = new Map<string, FakeScalableTarget>();
  readonly policies: Entry[] = [];
  readonly actions: Entry[] = [];

  policy(service: string, name: string, type = 'TargetTrackingScaling'): void {
    this.policies.push({ ResourceId: idOf(service), PolicyName: name, PolicyType: type });
  }

  /** `endsAt`: seconds since the epoch, as the protocol has instants. */
  schedule(service: string, name: string, endsAt?: number): void {
    const entry = { ResourceId: idOf(service), ScheduledActionName: name, Schedule: 'cron(0 20 * * ? *)' };
    this.actions.push(endsAt === undefined ? entry : { ...entry, EndTime: endsAt });
  }

  answer(operation: string, input: Record<string, unknown>): unknown {
    if (
      input.ScalableDimension !== undefined &&
      input.ResourceId === undefined &&
      input.ResourceIds === undefined
    )
      throw new Refused('ValidationException', 'a scalable dimension needs a resource ID');
    switch (operation) {
      case 'DescribeScalableTargets': {
        const asked = input.ResourceIds as readonly string[];
        const all = [...this.targets].map(([name, target]) => ({ ResourceId: idOf(name), ...target }));
        return this.#page(
          'ScalableTargets',
          all.filter(({ ResourceId }) => asked.includes(ResourceId)),
          input,
        );
      }
      case 'DescribeScalingPolicies':
        return this.#page('ScalingPolicies', of(this.policies, input.ResourceId), input);
      case 'DescribeScheduledActions':
        return this.#page('ScheduledActions', of(this.actions, input.ResourceId), input);
      default:
        throw new Error(`${operation} is not known here`);
    }
  }

  #page(name: string, all: readonly object[], { NextToken }: Record<string, unknown>): unknown {
    const from = NextToken === undefined ? 0 : Number(NextToken);
    const next = from + pageOf < all.length ? { NextToken: String(from + pageOf) } : {};
    return { [name]: all.slice(from, from + pageOf), ...next };
  }
}

const idOf = (service: string) => `service/main/${service}`;

function of(all: readonly Entry[], id: unknown): readonly Entry[] {
  return id === undefined ? all : all.filter(({ ResourceId }) => ResourceId === id);
}
