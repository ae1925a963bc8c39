/** What ECS itself has found wrong, and when that is over. */
import { describe, expect, it } from 'vitest';
import type { Ended } from '../../../../adapters/aws/ecs/ended.ts';
import { isBad, troublesOf } from '../../../../adapters/aws/ecs/troubles.ts';
import { type Service, serviceSchema } from '../../../../adapters/aws/ecs/wire.ts';

const nowMs = 1_800_000_000_000;
const minuteMs = 60_000;
const noPlace =
  '(service orders) was unable to place a task because no container instance met its requirements.';
const steady = '(service orders) has reached a steady state.';

function service(more: Record<string, unknown> = {}): Service {
  return serviceSchema.parse({
    ...{ serviceName: 'orders', serviceArn: 'arn', status: 'ACTIVE', desiredCount: 2, runningCount: 1 },
    deployments: [{ id: 'd2', status: 'PRIMARY', taskDefinition: 'orders:2', rolloutState: 'COMPLETED' }],
    ...more,
  });
}
const said = (...messages: string[]) =>
  messages.map((message, index) => ({ id: `${index}`, createdAt: new Date(nowMs - index * 1_000), message }));
const ended = (agoMs: number, more: Partial<Ended> = {}): Ended => ({
  ...{ atMs: nowMs - agoMs, deployment: 'd2', how: 'bad', words: 'exit code 1', ...more },
});
const kinds = (of: Service, tasks: readonly Ended[] = []) =>
  troublesOf(of, tasks, nowMs).map(({ kind }) => kind);

describe('tasks that end', () => {
  it('are a trouble when two have, by themselves, within half an hour, of the newest deployment', () => {
    expect(troublesOf(service(), [ended(minuteMs), ended(2 * minuteMs)], nowMs)).toMatchObject([
      { kind: 'tasks', severity: 'warning', sinceMs: nowMs - 2 * minuteMs },
    ]);
    const first = ended(minuteMs);
    for (const second of [
      ended(31 * minuteMs),
      ended(minuteMs, { how: 'meant' }),
      ended(minuteMs, { how: 'taken' }),
      ended(minuteMs, { deployment: 'd1' }),
    ])
      expect(kinds(service(), [first, second])).toEqual([]);
    expect(kinds(service(), [first])).toEqual([]);
    expect(kinds(service(), [first, ended(minuteMs, { deployment: null })])).toEqual(['tasks']);
  });

  it('are over when all run, and none has ended for thrice as long as between them', () => {
    const all = service({ runningCount: 2 });
    expect(kinds(all, [ended(minuteMs), ended(minuteMs)])).toEqual(['tasks']);
    expect(kinds(all, [ended(3 * minuteMs), ended(3 * minuteMs)])).toEqual([]);
    expect(kinds(all, [ended(3 * minuteMs), ended(8 * minuteMs)])).toEqual(['tasks']);
    expect(kinds(service(), [ended(3 * minuteMs), ended(3 * minuteMs)])).toEqual(['tasks']);
  });

  it('are critical when none runs of those that have to', () => {
    const severityOf = (more: object) =>
      troublesOf(service(more as Record<string, unknown>), [ended(0), ended(0)], nowMs)[0]?.severity;
    expect(severityOf({ runningCount: 0 })).toBe('critical');
    expect(severityOf({ runningCount: 0, desiredCount: 0 })).toBe('warning');
  });
});

describe('tasks that find no place', () => {
  it('are a trouble while one is missing, since ECS first said so after it was steady', () => {
    expect(troublesOf(service({ events: said(noPlace, noPlace, steady, noPlace) }), [], nowMs)).toMatchObject(
      [{ kind: 'placement', title: `ECS: ${noPlace}`, sinceMs: nowMs - 1_000 }],
    );
    expect(kinds(service({ events: said(noPlace), runningCount: 2 }))).toEqual([]);
    expect(kinds(service({ events: said(steady, noPlace) }))).toEqual([]);
  });

  it.each([noPlace, '(service orders) deployment failed: tasks failed to start.'])(
    'are something bad: %s',
    (words) => expect(isBad(words)).toBe(true),
  );
  it.each([steady, '(service orders) has started 1 tasks: (task x).'])('are not: %s', (words) =>
    expect(isBad(words)).toBe(false),
  );
});
