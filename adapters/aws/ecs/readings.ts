// What ECS services do, as observations: how many tasks run of those that have to, restarts, a log line for each task that ended
// and for what ECS says of a service, each deployment as a change, and what ECS itself has found wrong as alerts.

import type { AlertEvent, ChangeEvent, LogRecord, Observation } from '../../../domain/observation.ts';
import type { Scope } from '../../../domain/scope.ts';
import type { Readings } from '../../../ingest/watched.ts';
import type { WatchSurroundings } from '../../executor-vendor.ts';
import { AwsError } from '../answers.ts';
import { createPace } from '../paced.ts';
import { type Credentials, createSessions } from '../session.ts';
import { openEcs } from './api.ts';
import { type Ended, endedOf } from './ended.ts';
import type { EcsSettings } from './settings.ts';
import { isBad, troublesOf } from './troubles.ts';
import { type Raised, raisedOf, wantedOf } from './wanted.ts';
import { lastPart, primaryOf, type Service } from './wire.ts';

/** What was seen of a service at the look before. */
type Known = {
  readonly desired: number;
  readonly raised: Raised | null;
  readonly signs: string;
  readonly listedAtMs: number;
  readonly events: ReadonlySet<string>;
  readonly ended: ReadonlyMap<string, Ended>;
  readonly restarts: number;
  readonly deployments: ReadonlySet<string>;
  /** The task definition before the newest one. */
  readonly definition: string | undefined;
};

type Seen = { readonly known: Known; readonly observations: readonly Observation[] };

const minuteMs = 60_000;
/** Of a service that shows no movement, ended tasks are asked for this often: ECS keeps them for an hour. */
const unmovedMs = 10 * minuteMs;
/** What happened before the first look is told back to here. */
const pastMs = 5 * minuteMs;
const mostEnded = 500;
const atOnce = 4;
const severities = { bad: 17, taken: 13, meant: 9 } as const;

export function createEcsReadings(
  settings: EcsSettings,
  { nowMs, serviceOf }: Pick<WatchSurroundings, 'nowMs' | 'serviceOf'>,
  base?: Credentials,
): Readings {
  const pace = createPace(settings, nowMs);
  const ecs = openEcs(settings, createSessions(settings, base), pace.count);
  const source = `aws-ecs/${settings.name}`;
  const images = new Map<string, string>();
  let memory: ReadonlyMap<string, Known> = new Map();

  /** Of a definition nothing changes. */
  async function imagesOf(definition: string, signal: AbortSignal): Promise<string | null> {
    const known = images.get(definition);
    if (known !== undefined) return known;
    try {
      const found = (await ecs.imagesOf(definition, signal)).join(', ');
      if (images.size >= 1_000) images.clear();
      images.set(definition, found);
      return found;
    } catch (error) {
      if (!(error instanceof AwsError) || error.code === 'throttled') throw error;
      pace.lacks(`which images are deployed is not seen: ${error.message}`);
      return null;
    }
  }

  async function endedTasks(
    service: Service,
    before: Known | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly all: ReadonlyMap<string, Ended>; readonly listedAtMs: number }> {
    const now = nowMs();
    const moves =
      before === undefined ||
      before.signs !== signsOf(service) ||
      now - before.listedAtMs >= unmovedMs ||
      [...before.ended.values()].some(({ how, atMs }) => how === 'bad' && now - atMs < unmovedMs);
    if (!moves) return { all: before.ended, listedAtMs: before.listedAtMs };
    const known = before?.ended ?? new Map<string, Ended>();
    const tasks = await ecs.stoppedOf(service.serviceName, (arn) => !known.has(arn), signal);
    const found = tasks.map((task) => [task.taskArn, endedOf(task, now)] as const);
    const all = [...known, ...found].toSorted(([, left], [, right]) => left.atMs - right.atMs);
    return { all: new Map(all.slice(-mostEnded)), listedAtMs: now };
  }

  async function lookAt(
    service: Service,
    before: Known | undefined,
    environment: string,
    signal: AbortSignal,
  ): Promise<Seen> {
    const now = nowMs();
    const name = service.serviceName;
    const scope = scopeOf(name, environment);
    const ended = await endedTasks(service, before, signal);
    const fresh = [...ended.all].filter(([arn]) => before?.ended.has(arn) !== true);
    const raised = raisedOf(service, before, now);
    const restarts =
      (before?.restarts ?? 0) +
      (before === undefined ? 0 : fresh.filter(([, { how }]) => how === 'bad').length);
    const isNews = (atMs: number) => before !== undefined || now - atMs < pastMs;
    const observations: Observation[] = [
      gauge(scope, 'container.replicas.desired', '{replica}', wantedOf(service, raised), now),
      gauge(scope, 'container.replicas.available', '{replica}', service.runningCount, now),
      gauge(scope, 'container.restart.count', '{restart}', restarts, now),
      ...fresh
        .filter(([, { atMs }]) => isNews(atMs))
        .map(([arn, { how, words, atMs }]) =>
          line(scope, atMs, severities[how], `ECS: a task of ${name} has ended: ${words}`, {
            'aws.ecs.task.arn': arn,
          }),
        ),
      ...service.events
        .filter(({ id, createdAt }) => before?.events.has(id) !== true && isNews(createdAt.getTime()))
        .map(({ message, createdAt }) =>
          line(scope, createdAt.getTime(), isBad(message) ? 17 : 9, `ECS: ${message}`, {}),
        ),
      ...(await deployed(service, before, scope, signal)),
      ...troublesOf(service, [...ended.all.values()], now).map(
        ({ kind, title, severity, sinceMs }): AlertEvent => ({
          kind: 'alert',
          id: `${settings.cluster}/${name}/${kind}`,
          status: 'firing',
          scope,
          atMs: Math.min(sinceMs, now),
          severity,
          title,
          source,
          attributes: { 'aws.ecs.service.name': name },
        }),
      ),
    ];
    const primary = primaryOf(service);
    const known: Known = {
      desired: service.desiredCount,
      raised,
      signs: signsOf(service),
      listedAtMs: ended.listedAtMs,
      events: new Set(service.events.map(({ id }) => id)),
      ended: ended.all,
      restarts,
      deployments: new Set(service.deployments.map(({ id }) => id)),
      definition: primary === undefined ? before?.definition : lastPart(primary.taskDefinition),
    };
    return { known, observations };
  }

  /** A deployment that was not there before: of another task definition it is a release, of the same one a restart. */
  async function deployed(
    service: Service,
    before: Known | undefined,
    { environment, service: served }: Scope,
    signal: AbortSignal,
  ): Promise<readonly ChangeEvent[]> {
    const primary = primaryOf(service);
    if (primary === undefined || before?.deployments.has(primary.id) === true) return [];
    const to = lastPart(primary.taskDefinition);
    const other = service.deployments.find(({ id }) => id !== primary.id);
    const from = before?.definition ?? (other === undefined ? undefined : lastPart(other.taskDefinition));
    // Nobody knows what the only deployment that is there took the place of.
    if (from === undefined) return [];
    const image = await imagesOf(to, signal);
    const type = from === to ? 'restart' : 'release';
    const what = from === to ? `${to} again` : `${from} → ${to}`;
    return [
      {
        kind: 'change',
        id: `ecs/${settings.cluster}/${service.serviceName}/${primary.id}`,
        type,
        environment,
        service: served,
        atMs: Math.min(primary.createdAt?.getTime() ?? nowMs(), nowMs()),
        summary: `${service.serviceName}: ${what}, deployed by ECS${image === null ? '' : ` (${image})`}`,
        attributes: {
          ...(from === to ? {} : { from, to }),
          ...(image === null ? {} : { image }),
          'aws.ecs.deployment.id': primary.id,
        },
      },
    ];
  }

  function scopeOf(name: string, environment: string): Scope {
    const given = settings.services.find((one) => one.name === name)?.serves ?? name;
    const resource = `ecs/${settings.cluster}/${name}`;
    return { environment, service: serviceOf({ environment, service: given, resource }) };
  }

  return pace.readings(source, async (environment, signal) => {
    const services = await ecs.describe(
      settings.services.map(({ name }) => name),
      signal,
    );
    const next = new Map(memory);
    const all: Observation[] = [];
    for (let at = 0; at < services.length; at += atOnce) {
      const some = services.slice(at, at + atOnce).map(async (service) => {
        const key = JSON.stringify([environment, service.serviceName]);
        const { known, observations } = await lookAt(service, memory.get(key), environment, signal);
        next.set(key, known);
        return observations;
      });
      all.push(...(await Promise.all(some)).flat());
    }
    signal.throwIfAborted();
    // Only now: what was not told is told by the next look.
    memory = next;
    return all;
  });
}

/** Whatever moves when a task ends. */
function signsOf({ events, deployments, runningCount, pendingCount }: Service): string {
  return JSON.stringify([
    events[0]?.id,
    runningCount,
    pendingCount,
    deployments.map(({ id, failedTasks, runningCount: running }) => [id, failedTasks, running]),
  ]);
}

function gauge(scope: Scope, metric: string, unit: string, value: number, atMs: number): Observation {
  return { kind: 'gauge', scope, metric, unit, attributes: {}, atMs, value };
}

function line(
  scope: Scope,
  atMs: number,
  severityNumber: number,
  body: string,
  attributes: Readonly<Record<string, string>>,
): LogRecord {
  return { kind: 'log', scope, atMs, severityNumber, body, attributes, fromOutside: true };
}
