/** How many tasks have to run right now: less is as it should be while a deployment or a new count is on its way. */
import { describe, expect, it } from 'vitest';
import { type Raised, raisedOf, wantedOf } from '../../../../adapters/aws/ecs/wanted.ts';
import { type Service, serviceSchema } from '../../../../adapters/aws/ecs/wire.ts';

const nowMs = 1_800_000_000_000;

/** Complete, with all tasks there, but for what is said. */
function service({
  rolloutState = 'COMPLETED',
  failedTasks = 0,
  ...more
}: Record<string, unknown> = {}): Service {
  return serviceSchema.parse({
    ...{ serviceName: 'orders', serviceArn: 'arn', status: 'ACTIVE', desiredCount: 4, runningCount: 4 },
    deployments: [{ id: 'd2', status: 'PRIMARY', taskDefinition: 'orders:2', rolloutState, failedTasks }],
    ...more,
  });
}
const known = (desired: number, raised: Raised | null = null) => ({ desired, raised });

describe('a count that was raised', () => {
  it('is from what it was, since it was', () => {
    expect(raisedOf(service({ runningCount: 2 }), known(2), nowMs)).toEqual({ from: 2, sinceMs: nowMs });
  });

  it('raised again is still from the first', () => {
    const first = { from: 1, sinceMs: nowMs - 10_000 };
    expect(raisedOf(service({ runningCount: 1 }), known(3, first), nowMs)).toEqual({
      from: 1,
      sinceMs: nowMs,
    });
    expect(raisedOf(service({ runningCount: 1 }), known(4, first), nowMs)).toEqual(first);
  });

  it('of a service that is being created is from none', () => {
    const created = service({ runningCount: 0, rolloutState: 'IN_PROGRESS' });
    expect(raisedOf(created, undefined, nowMs)).toEqual({ from: 0, sinceMs: nowMs });
    expect(raisedOf(service({ runningCount: 0 }), undefined, nowMs)).toBeNull();
  });

  it.each([
    ['when its tasks are there', service(), 0],
    ['when they have had five minutes', service({ runningCount: 2 }), 5 * 60_000 + 1],
    ['when a task has failed', service({ runningCount: 2, failedTasks: 1 }), 0],
  ])('is over %s', (_, now, afterMs) => {
    expect(raisedOf(now, known(4, { from: 2, sinceMs: nowMs }), nowMs + afterMs)).toBeNull();
  });
});

describe('what is wanted', () => {
  it('is the count, unless it was just raised: then what there was', () => {
    expect(wantedOf(service(), null)).toBe(4);
    expect(wantedOf(service(), { from: 2, sinceMs: nowMs })).toBe(2);
    expect(wantedOf(service(), { from: 9, sinceMs: nowMs })).toBe(4);
  });

  it('during a deployment is what it keeps, rounded up', () => {
    const of = (minimumHealthyPercent?: number, raised: Raised | null = null) =>
      wantedOf(
        service({ rolloutState: 'IN_PROGRESS', deploymentConfiguration: { minimumHealthyPercent } }),
        raised,
      );
    expect(of()).toBe(4);
    expect(of(50)).toBe(2);
    expect(of(60)).toBe(3);
    expect(of(100, { from: 1, sinceMs: nowMs })).toBe(1);
  });
});
