// An EC2 instance as Sentinel sees it: one target with one replica. When it was launched is its revision, with the state it is
// in: a start moves the one, a stop the other, and a reboot neither.

import type { ObservedState, ReplicaState } from '../../../domain/inventory/target.ts';
import { plainLine } from '../../../domain/text.ts';
import { type Refusal, refused } from '../answers.ts';
import { letsBe, type Membership } from './auto-scaling.ts';
import type { Ec2Settings, Verb } from './settings.ts';
import { type Checks, type Instance, tagOf } from './wire.ts';

export type Life = { readonly state: string; readonly launchedAtMs: number };

export function lifeOf({ State, LaunchTime }: Instance): Life {
  return { state: State.Name, launchedAtMs: LaunchTime.getTime() };
}

export function revisionOf(instance: Instance): string {
  const { state, launchedAtMs } = lifeOf(instance);
  return `${state}|${launchedAtMs}`;
}

/** Null for what no revision of ours says. */
export function lifeIn(revision: string | undefined): Life | null {
  const [state = '', launched = ''] = (revision ?? '').split('|');
  return state !== '' && /^\d+$/.test(launched) ? { state, launchedAtMs: Number(launched) } : null;
}

type Seen = Omit<ObservedState, 'target' | 'protected' | 'owner' | 'observedAtMs'>;

export function stateOf(instance: Instance, checks: Checks | undefined): Seen {
  const { state, launchedAtMs } = lifeOf(instance);
  const { InstanceId, ImageId, InstanceType } = instance;
  return {
    desiredReplicas: 1,
    replicas: [{ id: InstanceId, state: replicaState(state), startedAtMs: launchedAtMs, restarts: 0 }],
    readyReplicas: state === 'running' && isWell(checks) ? 1 : 0,
    release: ImageId,
    config: InstanceType,
    revision: revisionOf(instance),
    rollout: rolloutOf(state),
  };
}

/** Checks that EC2 does not make are no sign of anything. */
export function isWell(checks: Checks | undefined): boolean {
  return (
    checks !== undefined && [checks.instance, checks.system].every((one) => /^(ok|not-applicable)$/.test(one))
  );
}

function replicaState(state: string): ReplicaState['state'] {
  switch (state) {
    case 'running':
      return 'running';
    case 'pending':
      return 'starting';
    case 'stopping':
      return 'draining';
    default:
      return 'exited';
  }
}

function rolloutOf(state: string): NonNullable<ObservedState['rollout']> {
  const inProgress = state === 'pending' || state === 'stopping';
  return { inProgress, detail: `the instance is ${state}` };
}

/** The service it serves, as in telemetry. */
export function serviceOf({ serviceTag }: Ec2Settings, instance: Instance): string {
  const said = [serviceTag, 'Name']
    .map((key) => plainLine(tagOf(instance, key) ?? '', 200))
    .find((one) => one !== '');
  return said ?? instance.InstanceId;
}

/** Why nothing may act on it, or undefined. */
export function protectionOf(instance: Instance): string | undefined {
  const why = tagOf(instance, 'sentinel:protected');
  return why === undefined ? undefined : `its tag sentinel:protected says so: ${plainLine(why, 100)}`;
}

export function groupOf(instance: Instance): string | undefined {
  return tagOf(instance, 'aws:autoscaling:groupName');
}

/**
 * A group starts another instance for one that is stopped or does not answer, and ends that one for good; unless somebody has
 * told it to let this one be. Without a membership nobody could be asked, or the group does not know it (yet).
 */
export function ownerOf(
  instance: Instance,
  membership: Membership | undefined,
): Pick<ObservedState, 'owner'> {
  const group = groupOf(instance);
  if (group === undefined) return {};
  const named = `the Auto Scaling group ${plainLine(group, 100)}`;
  if (membership !== undefined && letsBe(membership))
    return {
      owner: { name: 'auto-scaling', detail: `${named} lets it be: it is set aside there`, reverts: [] },
    };
  return {
    owner: {
      name: 'auto-scaling',
      detail: `${named} ends an instance that is stopped and starts another in its place; put it into standby there first`,
      reverts: ['stop', 'start'],
    },
  };
}

/** States from which EC2 does what is asked; from others it would answer without an effect, or with another. */
const from: Readonly<Record<Verb, string>> = { restart: 'running', stop: 'running', start: 'stopped' };

export function unready(verb: Verb, instance: Instance, membership: Membership | undefined): Refusal | null {
  const { owner } = ownerOf(instance, membership);
  if (owner?.reverts.includes(verb) === true) return refused('owned', `${owner.detail}: nothing was done`);
  const state = instance.State.Name;
  return state === from[verb]
    ? null
    : refused('changed-meanwhile', `the instance is ${state}, not ${from[verb]}: nothing was done`);
}
