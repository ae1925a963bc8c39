// Acts on the EC2 instances that the configuration names, by id and by tag. EC2 knows no conditional calls, so what it cannot
// refuse is looked at right before the one call. A reboot leaves no trace: it is sent once, and whether it happened is only
// known while its answer is.

import type { Begun, EffectPromise, Executor, Polled } from '../../../activities/ports/executor.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { AwsError, lostSight, type Refusal, refused, unanswered, unsent } from '../answers.ts';
import { type Credentials, createSessions } from '../session.ts';
import { openEc2 } from './api.ts';
import { type Membership, openGroups } from './auto-scaling.ts';
import { createLocalDisks, type LocalDisks } from './local-disks.ts';
import { begunOf, consistencyDelayMs, foundOf, handleOf, progressOf, resumedOf } from './progress.ts';
import { effectRight } from './rights.ts';
import { type Ec2Settings, type Verb, verbs } from './settings.ts';
import {
  groupOf,
  lifeIn,
  lifeOf,
  ownerOf,
  protectionOf,
  revisionOf,
  serviceOf,
  stateOf,
  unready,
} from './state.ts';
import type { Checks, Instance } from './wire.ts';

/** What runs on a machine begins after the machine does. */
const settleMs = 30_000;

export function createEc2Executor(
  settings: Ec2Settings,
  { nowMs }: { readonly nowMs: () => number },
  base?: Credentials,
): Executor {
  const sessions = createSessions(settings, base);
  const ec2 = openEc2(settings, sessions);
  const groups = openGroups(settings, sessions);
  const disks = createLocalDisks(ec2);
  const prefix = `ec2/${settings.region}/`;

  function targetOf(
    instance: Instance,
    checks: Checks | undefined,
    membership: Membership | undefined,
    losses: Pick<TargetState, 'stopLoses'>,
    environment: string,
  ): TargetState {
    const why = protectionOf(instance);
    return {
      target: {
        environment,
        service: serviceOf(settings, instance),
        resource: `${prefix}${instance.InstanceId}`,
      },
      executor: settings.name,
      ...stateOf(instance, checks),
      ...ownerOf(instance, membership),
      ...losses,
      observedAtMs: nowMs(),
      ...(why === undefined ? {} : { protected: why }),
      supports: why === undefined ? settings.actions : [],
    };
  }

  /** Asked only where it matters: a group takes a reboot for one. */
  async function membersOf(
    all: readonly Instance[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, Membership>> {
    const grouped = all.filter((one) => groupOf(one) !== undefined).map(({ InstanceId }) => InstanceId);
    const matters = settings.actions.some((verb) => verb !== 'restart');
    return matters && grouped.length > 0 ? groups.of(grouped, signal) : new Map();
  }

  /** Where nobody can be asked the group counts as one that replaces: the dry run and the call say why it could not. */
  async function knownMembers(
    all: readonly Instance[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, Membership>> {
    try {
      return await membersOf(all, signal);
    } catch (error) {
      if (error instanceof AwsError) return new Map();
      throw error;
    }
  }

  const stopLosses: LocalDisks = async (all, signal) =>
    settings.actions.includes('stop') ? disks(all, signal) : () => ({});

  const verbOf = (action: string): Verb | Refusal => {
    const verb = verbs.find((one) => one === action);
    if (verb === undefined) return refused('not-supported', `EC2 has no ${action}`);
    return settings.actions.includes(verb)
      ? verb
      : refused('not-supported', `the configuration of ${settings.name} does not allow ${action}`);
  };

  /** The instance of the target, or why it is none of ours. */
  async function find(target: Intent['target'], signal?: AbortSignal): Promise<Instance | Refusal> {
    const { resource = '' } = target;
    const id = resource.startsWith(prefix) ? resource.slice(prefix.length) : '';
    if (!/^i-[0-9a-f]{8,17}$/.test(id))
      return refused('unknown-target', `${resource} is not in ${settings.region}`);
    const { ids } = settings.instances;
    const listed = ids.length === 0 || ids.includes(id);
    const instance = listed
      ? (await ec2.instances(signal, id)).find((one) => one.InstanceId === id)
      : undefined;
    if (instance === undefined)
      return refused(
        'unknown-target',
        `there is no instance ${id} in ${settings.region} that the configuration of ${settings.name} names`,
      );
    const why = protectionOf(instance);
    return why === undefined ? instance : refused('protected', `nothing may act on ${id}: ${why}`);
  }

  /** Everything that can be refused before the call, by readings alone. */
  async function ready(
    step: Pick<Intent, 'action' | 'target'>,
    signal?: AbortSignal,
  ): Promise<{ readonly verb: Verb; readonly instance: Instance } | Refusal> {
    const verb = verbOf(step.action);
    if (typeof verb !== 'string') return verb;
    const instance = await find(step.target, signal);
    if ('code' in instance) return instance;
    const members = verb === 'restart' ? new Map<string, Membership>() : await membersOf([instance], signal);
    const not = unready(verb, instance, members.get(instance.InstanceId));
    return not ?? { verb, instance };
  }

  return {
    name: settings.name,

    promise: ({ action }): EffectPromise => ({
      // A second stop or start meets the state that the first one made; a second reboot is another reboot.
      idempotency: action === 'restart' ? 'none' : 'compare-and-set',
      tellsWhose: false,
      consistencyDelayMs,
      deadlineMs: settings.deadlineSeconds * 1_000,
      settleMs,
    }),

    async observe(environment, service, signal) {
      const all = (await ec2.instances(signal)).filter(
        (one) => service === undefined || serviceOf(settings, one) === service,
      );
      const running = all.filter(({ State }) => State.Name === 'running').map(({ InstanceId }) => InstanceId);
      const [checks, members, lossesOf] = await Promise.all([
        ec2.checks(running, signal),
        knownMembers(all, signal),
        stopLosses(all, signal),
      ]);
      return all.map((one) =>
        targetOf(one, checks.get(one.InstanceId), members.get(one.InstanceId), lossesOf(one), environment),
      );
    },

    async preview(step, signal) {
      const what = `trying ${step.action} on ${step.target.resource ?? step.target.service}`;
      try {
        const checked = await ready(step, signal);
        if ('code' in checked) return { ok: false, code: checked.code, detail: checked.reason };
        const { verb, instance } = checked;
        const id = instance.InstanceId;
        const credentials = await sessions.forEffect(
          { name: 'sentinel-preview', ...effectRight(settings, verb, id) },
          signal,
        );
        await ec2.rehearse(verb, id, credentials, signal);
        return { ok: true, detail: `EC2's own dry run allows it, with the rights that the effect will have` };
      } catch (error) {
        const { code, reason } = unsent(what, error);
        return { ok: false, code, detail: reason };
      }
    },

    async begin(intent, call): Promise<Begun> {
      const what = `${intent.action} on ${intent.target.resource ?? intent.target.service}`;
      let credentials: Credentials;
      let checked: Awaited<ReturnType<typeof ready>>;
      try {
        checked = await ready(intent, call.signal);
        if ('code' in checked) return { kind: 'refused', ...checked };
        if (call.revision !== undefined && call.revision !== revisionOf(checked.instance))
          return {
            kind: 'refused',
            ...refused('changed-meanwhile', 'the instance was stopped or started since it was looked at'),
          };
        const right = effectRight(settings, checked.verb, checked.instance.InstanceId);
        const session = { name: intent.id, ...right, notAfterMs: call.notAfterMs };
        credentials = await sessions.forEffect(session, call.signal);
      } catch (error) {
        return { kind: 'refused', ...unsent(what, error) };
      }
      if (nowMs() > call.notAfterMs || call.signal.aborted)
        return { kind: 'refused', ...refused('too-late', 'the call is too late') };
      const { verb, instance } = checked;
      try {
        await ec2.act(verb, instance.InstanceId, credentials, call.signal);
        const handle = handleOf({ ...lifeOf(instance), beganAtMs: nowMs() });
        return {
          kind: 'accepted',
          handle,
          summary: `EC2 has taken on the ${verb} of ${instance.InstanceId}`,
        };
      } catch (error) {
        return unanswered(what, error);
      }
    },

    async poll(intent, handle, signal): Promise<Polled> {
      const [verb, begun] = [verbOf(intent.action), begunOf(handle)];
      if (typeof verb !== 'string' || begun === null)
        return { kind: 'unknown', reason: 'the handle is none of this executor' };
      const instance = await find(intent.target, signal);
      if ('code' in instance) return lostSight(instance);
      const id = instance.InstanceId;
      const checks = instance.State.Name === 'running' ? (await ec2.checks([id], signal)).get(id) : undefined;
      const progress = progressOf(settings, verb, begun, { instance, checks }, nowMs());
      if (progress.kind !== 'done') return progress;
      const member = (await knownMembers([instance], signal)).get(id);
      const losses = (await stopLosses([instance], signal))(instance);
      return { ...progress, after: targetOf(instance, checks, member, losses, intent.target.environment) };
    },

    async lookUp(intent, signal) {
      const [verb, before] = [verbOf(intent.action), lifeIn(intent.before.revision)];
      if (typeof verb !== 'string' || before === null) return 'cannot-tell';
      const instance = await find(intent.target, signal);
      return foundOf(verb, before, 'code' in instance ? null : instance);
    },

    async resume(intent, signal) {
      const [verb, before] = [verbOf(intent.action), lifeIn(intent.before.revision)];
      if (typeof verb !== 'string' || before === null) return null;
      const instance = await find(intent.target, signal);
      const begun = resumedOf(verb, before, 'code' in instance ? null : instance, nowMs());
      return begun === null ? null : handleOf(begun);
    },
  };
}
