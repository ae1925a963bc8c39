/** Looks at the service `orders` of the fake, by a clock of its own, and lets tasks of it end. */
import { createEcsReadings } from '../../../../adapters/aws/ecs/readings.ts';
import type { Observation } from '../../../../domain/observation.ts';
import type { Readings } from '../../../../ingest/watched.ts';
import { environment, grant, settingsOf } from '../../../support/aws/ecs-cases.ts';
import { base, type FakeAws } from '../../../support/aws/fake-aws.ts';

const startMs = 1_800_000_000_000;
let ends = 0;

export function createWatcher(fake: () => FakeAws) {
  const clock = { now: startMs };
  let readings: Readings;
  return {
    clock,
    readings: () => readings,
    service: () => fake().ecs.service('orders'),

    /** One that has not looked yet. `onClock`: hears of every look at the clock. */
    start(more: object = {}, onClock: () => void = () => {}): void {
      clock.now = startMs;
      const settings = settingsOf(fake().url, { callsPerMinute: 600, ...more });
      grant(fake(), settings);
      const nowMs = () => {
        onClock();
        return clock.now;
      };
      const serviceOf = ({ service }: { service: string }) => service;
      readings = createEcsReadings(settings, { nowMs, serviceOf }, base);
    },

    async look(afterMs = 15_000, { signal } = new AbortController()): Promise<readonly Observation[]> {
      clock.now += afterMs;
      return readings.read(environment, signal);
    },

    /** A task ends as a program that runs out of memory does; returns its ARN. */
    end(more: object = {}): string {
      ends += 1;
      const service = fake().ecs.service('orders');
      const taskArn = `arn:aws:ecs:eu-central-1:123456789012:task/main/${String(ends).padStart(32, '0')}`;
      fake().ecs.tasks.set(taskArn, {
        ...{
          taskArn,
          lastStatus: 'STOPPED',
          desiredStatus: 'STOPPED',
          group: 'service:orders',
          startedAt: 1,
        },
        ...{ healthStatus: 'UNKNOWN', stopCode: 'EssentialContainerExited', stoppedAt: clock.now / 1_000 },
        stoppedReason: 'Essential container in task exited',
        startedBy: service.deployments[0]?.id ?? '',
        containers: [
          { name: 'app', exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' },
        ],
        ...more,
      });
      service.runningCount = 1;
      return taskArn;
    },
  };
}

type Kind = Observation['kind'];

export function those<K extends Kind>(
  seen: readonly Observation[],
  kind: K,
): readonly Extract<Observation, { kind: K }>[] {
  return seen.filter((one): one is Extract<Observation, { kind: K }> => one.kind === kind);
}
