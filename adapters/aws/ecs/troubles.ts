// What ECS itself has found wrong with a service: a deployment that failed, tasks that keep ending, tasks that find no place.
// Pure: the same answer of ECS is the same trouble, whichever process has it.

import type { Severity } from '../../../domain/scope.ts';
import type { Ended } from './ended.ts';
import { lastPart, primaryOf, type Service, type ServiceEvent } from './wire.ts';

export type Trouble = {
  readonly kind: 'deployment' | 'tasks' | 'placement';
  readonly title: string;
  readonly severity: Severity;
  readonly sinceMs: number;
};

const minuteMs = 60_000;
/** ECS itself waits up to half an hour between the tasks of a service that keep ending. */
const togetherMs = 30 * minuteMs;
/** How often a task has to end, so that it is no accident. */
const often = 2;
const shortestQuietMs = 2 * minuteMs;

export function troublesOf(service: Service, ended: readonly Ended[], nowMs: number): readonly Trouble[] {
  return [failedDeployment(service, nowMs), endingTasks(service, ended, nowMs), noPlace(service)].filter(
    (one) => one !== null,
  );
}

/** Until it is gone from the list, which is when all tasks are those of another one. */
function failedDeployment(service: Service, nowMs: number): Trouble | null {
  const failed = service.deployments.find(({ rolloutState }) => rolloutState === 'FAILED');
  if (failed === undefined) return null;
  const back = primaryOf(service);
  const left =
    back === undefined || back.id === failed.id ? '' : `; ECS goes back to ${lastPart(back.taskDefinition)}`;
  const reason = (failed.rolloutStateReason ?? 'ECS gave no reason').replace(/\.$/, '');
  return {
    kind: 'deployment',
    title: `ECS: the deployment of ${lastPart(failed.taskDefinition)} for ${service.serviceName} failed: ${reason}${left}`,
    severity: severityOf(service),
    sinceMs: (failed.updatedAt ?? failed.createdAt)?.getTime() ?? nowMs,
  };
}

/** Only those of the newest deployment: what another one did is over once it is replaced. */
function endingTasks(service: Service, ended: readonly Ended[], nowMs: number): Trouble | null {
  const primary = primaryOf(service);
  const bad = ended
    .filter(({ how, deployment, atMs }) => {
      const ours = deployment === null || deployment === primary?.id;
      return how === 'bad' && ours && nowMs - atMs < togetherMs;
    })
    .toSorted((left, right) => left.atMs - right.atMs);
  const [first, last] = [bad.at(0), bad.at(-1)];
  if (first === undefined || last === undefined || bad.length < often) return null;
  const pauses = bad.slice(1).map(({ atMs }, index) => atMs - (bad[index]?.atMs ?? atMs));
  const quietMs = Math.max(shortestQuietMs, 3 * Math.max(...pauses));
  if (service.runningCount >= service.desiredCount && nowMs - last.atMs > quietMs) return null;
  return {
    kind: 'tasks',
    title: `ECS: tasks of ${service.serviceName} keep ending: ${last.words}`,
    severity: severityOf(service),
    sinceMs: first.atMs,
  };
}

function noPlace(service: Service): Trouble | null {
  if (service.runningCount >= service.desiredCount) return null;
  const since = sinceSteady(service.events).filter(({ message }) => isNoPlace(message));
  const [newest, oldest] = [since.at(0), since.at(-1)];
  if (newest === undefined || oldest === undefined) return null;
  return {
    kind: 'placement',
    title: `ECS: ${newest.message}`,
    severity: severityOf(service),
    sinceMs: oldest.createdAt.getTime(),
  };
}

/** Newest first, as ECS lists them. */
function sinceSteady(events: readonly ServiceEvent[]): readonly ServiceEvent[] {
  const steady = events.findIndex(({ message }) => /has reached a steady state/.test(message));
  return steady === -1 ? events : events.slice(0, steady);
}

function isNoPlace(message: string): boolean {
  return /unable to (place a task|consistently start tasks)|failed to launch a task/i.test(message);
}

/** Of what ECS says of a service, what it says as something wrong. */
export function isBad(message: string): boolean {
  return isNoPlace(message) || /unhealthy|failed|unable|error|circuit breaker/i.test(message);
}

function severityOf({ runningCount, desiredCount }: Service): Severity {
  return runningCount === 0 && desiredCount > 0 ? 'critical' : 'warning';
}
