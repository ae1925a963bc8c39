// What EC2 instances do, as observations: whether each runs, starts and stops as changes, a log line where EC2 itself ended one,
// and status checks that fail and maintenance that is near as alerts.

import type { AlertEvent, ChangeEvent, LogRecord, Observation } from '../../../domain/observation.ts';
import type { Scope } from '../../../domain/scope.ts';
import type { Readings } from '../../../ingest/watched.ts';
import type { WatchSurroundings } from '../../executor-vendor.ts';
import { createPace } from '../paced.ts';
import { type Credentials, createSessions } from '../session.ts';
import { isGone, openEc2 } from './api.ts';
import type { Ec2Settings } from './settings.ts';
import { lifeOf, serviceOf } from './state.ts';
import type { Checks, Instance, PlannedEvent } from './wire.ts';

/** Maintenance this near is something to act on. */
const nearMs = 24 * 60 * 60_000;
const errorSeverity = 17;

type State = Instance['State']['Name'];

/** What a state that an instance has come into is called as a change. Those on the way to another are none yet. */
const changes: Readonly<Partial<Record<State, string>>> = {
  running: 'start',
  stopped: 'stop',
  terminated: 'terminate',
};

export function createEc2Readings(
  settings: Ec2Settings,
  { nowMs, serviceOf: byRules }: Pick<WatchSurroundings, 'nowMs' | 'serviceOf'>,
  base?: Credentials,
): Readings {
  const pace = createPace(settings, nowMs);
  const ec2 = openEc2(settings, createSessions(settings, base), pace.count);
  const source = `aws-ec2/${settings.name}`;
  /** By environment: the lasting state that each instance was last seen in, with its launch. Absent before the first look. */
  let memory: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map();

  const scopeOf = (instance: Instance, environment: string): Scope => {
    const resource = `ec2/${settings.region}/${instance.InstanceId}`;
    const service = byRules({ environment, service: serviceOf(settings, instance), resource });
    return { environment, service, resourceId: instance.InstanceId };
  };

  const alertOf = (
    scope: Scope,
    about: Pick<AlertEvent, 'id' | 'title' | 'severity' | 'atMs'>,
  ): AlertEvent => ({
    kind: 'alert',
    status: 'firing',
    scope,
    source,
    attributes: {},
    ...about,
  });

  function impaired(scope: Scope, checks: Checks, now: number): readonly AlertEvent[] {
    const id = scope.resourceId ?? '';
    const kinds = (['system', 'instance'] as const).filter((kind) => checks[kind] === 'impaired');
    return kinds.map((kind) =>
      alertOf(scope, {
        id: `${settings.region}/${id}/${kind}-check`,
        title: `EC2: the ${kind} status check of ${id} fails`,
        severity: 'critical',
        atMs: Math.min(checks.impairedSinceMs ?? now, now),
      }),
    );
  }

  function planned(
    { environment, service, resourceId = '' }: Scope,
    event: PlannedEvent,
    now: number,
  ): readonly Observation[] {
    const { id, code, description, notBeforeMs } = event;
    const when = notBeforeMs === null ? '' : `, not before ${new Date(notBeforeMs).toISOString()}`;
    const words = `EC2 has announced ${code} for ${resourceId}${when}: ${description}`;
    const scope = { environment, service, resourceId };
    const near = notBeforeMs === null || notBeforeMs - now < nearMs;
    const change: ChangeEvent = {
      ...{ kind: 'change', id: `ec2/${id}`, type: 'maintenance', environment, service, atMs: now },
      summary: words,
      attributes: { 'host.id': resourceId },
    };
    return near
      ? [
          change,
          alertOf(scope, { id: `${settings.region}/${id}`, title: words, severity: 'warning', atMs: now }),
        ]
      : [change];
  }

  /** `before`: null at the first look at all, undefined for an instance that was not there. */
  function changed(
    instance: Instance,
    before: string | null | undefined,
    scope: Scope,
    now: number,
  ): readonly Observation[] {
    const type = changes[instance.State.Name];
    if (type === undefined || before === null || before === markOf(instance)) return [];
    // One that is gone before it was ever seen has changed nothing here.
    if (before === undefined && type !== 'start') return [];
    const { InstanceId: id, ImageId, StateReason, StateTransitionReason = '' } = instance;
    const why = StateReason?.Message ?? StateTransitionReason;
    const words = `EC2 instance ${id} is ${instance.State.Name}${why === '' ? '' : `: ${why}`}`;
    const change: ChangeEvent = {
      ...{ kind: 'change', id: `ec2/${id}/${markOf(instance)}`, type },
      ...{ environment: scope.environment, service: scope.service, atMs: now, summary: words },
      attributes: { 'host.id': id, 'host.image.id': ImageId },
    };
    const byEc2 = type !== 'start' && StateReason?.Code?.startsWith('Server.') === true;
    const line: LogRecord = {
      ...{ kind: 'log', scope, atMs: now, severityNumber: errorSeverity, body: words, attributes: {} },
      fromOutside: true,
    };
    return byEc2 ? [change, line] : [change];
  }

  return pace.readings(source, async (environment, signal) => {
    const all = await ec2.listed(signal);
    const there = all.filter((one) => !isGone(one));
    const running = there.filter(({ State }) => State.Name === 'running');
    const checks = await ec2.checks(
      running.map(({ InstanceId }) => InstanceId),
      signal,
    );
    const now = nowMs();
    const before = memory.get(environment);
    const next = new Map<string, string>();
    const seen = all.flatMap((instance): readonly Observation[] => {
      const { InstanceId: id, State } = instance;
      const scope = scopeOf(instance, environment);
      const known = before?.get(id);
      const mark = State.Name in changes ? markOf(instance) : known;
      if (mark !== undefined) next.set(id, mark);
      const own = checks.get(id);
      // One that is only just being started is no instance that has stopped.
      const tells = !isGone(instance) && State.Name !== 'pending';
      return [
        ...(tells ? [runningGauge(scope, State.Name === 'running' ? 1 : 0, now)] : []),
        ...changed(instance, before === undefined ? null : known, scope, now),
        ...(own === undefined ? [] : impaired(scope, own, now)),
        ...(own?.events ?? []).flatMap((event) => planned(scope, event, now)),
      ];
    });
    signal.throwIfAborted();
    memory = new Map(memory).set(environment, next);
    return seen;
  });
}

/** Which life it is in, and that it runs or not: the same for whoever sees it. */
function markOf(instance: Instance): string {
  const { state, launchedAtMs } = lifeOf(instance);
  return `${state}/${launchedAtMs}`;
}

function runningGauge(scope: Scope, value: number, atMs: number): Observation {
  return { kind: 'gauge', scope, metric: 'host.state.running', unit: '1', attributes: {}, atMs, value };
}
