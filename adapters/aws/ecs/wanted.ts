// How many tasks of a service have to run right now. ECS shows what is wanted in the end: while a deployment or a new count is on
// its way, less is as it should be.

import { isRollingOut } from './state.ts';
import { primaryOf, type Service } from './wire.ts';

export type Raised = { readonly from: number; readonly sinceMs: number };

/** A machine, an image and a health check may take as long. */
const startMs = 5 * 60_000;

/** Where the count was raised: from what, and since when; null when it was not, or what was to come has come or failed. */
export function raisedOf(
  service: Service,
  before: { readonly desired: number; readonly raised: Raised | null } | undefined,
  nowMs: number,
): Raised | null {
  const { desiredCount, runningCount } = service;
  const isFirst = before === undefined && isBeingCreated(service);
  const raised: Raised | null = isFirst
    ? { from: 0, sinceMs: nowMs }
    : before !== undefined && desiredCount > before.desired
      ? { from: Math.min(before.raised?.from ?? before.desired, before.desired), sinceMs: nowMs }
      : (before?.raised ?? null);
  if (raised === null || runningCount >= desiredCount || nowMs - raised.sinceMs > startMs) return null;
  return (primaryOf(service)?.failedTasks ?? 0) > 0 ? null : raised;
}

export function wantedOf(service: Service, raised: Raised | null): number {
  const { desiredCount, deploymentConfiguration } = service;
  const wanted = raised === null ? desiredCount : Math.min(raised.from, desiredCount);
  if (!isRollingOut(service)) return wanted;
  const kept = deploymentConfiguration?.minimumHealthyPercent ?? 100;
  return Math.min(wanted, Math.ceil((desiredCount * kept) / 100));
}

/** Its first deployment has not been complete yet. */
function isBeingCreated(service: Service): boolean {
  return service.deployments.length === 1 && isRollingOut(service);
}
