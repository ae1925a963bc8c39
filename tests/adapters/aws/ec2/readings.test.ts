/** What EC2 instances tell: starts and stops as changes, checks that fail and maintenance that is near as alerts. Against moto. */
import { StartInstancesCommand, StopInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEc2Readings } from '../../../../adapters/aws/ec2/readings.ts';
import { plannedEvents } from '../../../../adapters/aws/ec2/wire.ts';
import type { Observation } from '../../../../domain/observation.ts';
import { type AwsProxy, startAwsProxy } from '../../../support/aws/aws-proxy.ts';
import { environment, settingsOf } from '../../../support/aws/ec2-cases.ts';
import {
  ec2Credentials,
  ec2Region,
  type Instances,
  instancesAt,
} from '../../../support/aws/ec2-instances.ts';
import { describeWith } from '../../../support/component.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';

const { signal } = new AbortController();

await describeWith<MotoInfo>('moto', 'What EC2 instances tell', (moto) => {
  let proxy: AwsProxy;
  let ec2: Instances;
  beforeAll(async () => {
    proxy = await startAwsProxy(moto.url);
    ec2 = await instancesAt(moto.url);
  }, 300_000);
  afterEach(() => proxy.reset());
  afterAll(async () => {
    ec2?.client.destroy();
    await proxy?.close();
  });

  function readingsOf(instances: object) {
    const clock = { now: Date.now() };
    const surroundings = { nowMs: () => clock.now, serviceOf: ({ service }: { service: string }) => service };
    const settings = settingsOf(proxy.url, instances, { callsPerMinute: 600 });
    const readings = createEc2Readings(settings, surroundings, ec2Credentials);
    return {
      readings,
      clock,
      async look(): Promise<readonly Observation[]> {
        clock.now += 15_000;
        return readings.read(environment, signal);
      },
    };
  }
  const of = (seen: readonly Observation[], kind: Observation['kind']) =>
    seen.filter((one) => one.kind === kind);

  it('whether they run, and each stop, start and end once, under an id that others find as well', async () => {
    const { id } = await ec2.run();
    const [first, second] = [readingsOf({ ids: [id] }), readingsOf({ ids: [id] })];
    const scope = { environment, service: 'orders', resourceId: id };
    expect(await first.look()).toMatchObject([{ metric: 'host.state.running', value: 1, scope }]);
    await second.look();
    await ec2.client.send(new StopInstancesCommand({ InstanceIds: [id] }));
    const stopped = await first.look();
    expect(of(stopped, 'gauge')).toMatchObject([{ value: 0 }]);
    expect(of(stopped, 'change')).toMatchObject([
      { type: 'stop', service: 'orders', summary: expect.stringContaining(`EC2 instance ${id} is stopped`) },
    ]);
    expect(of(await second.look(), 'change').map((one) => 'id' in one && one.id)).toEqual(
      of(stopped, 'change').map((one) => 'id' in one && one.id),
    );
    expect(of(await first.look(), 'change')).toEqual([]);
    await ec2.client.send(new StartInstancesCommand({ InstanceIds: [id] }));
    expect(of(await first.look(), 'change')).toMatchObject([{ type: 'start' }]);
    await ec2.client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    const gone = await first.look();
    expect(of(gone, 'change')).toMatchObject([{ type: 'terminate' }]);
    // A group that shrinks has lost nothing.
    expect(of(gone, 'gauge')).toEqual([]);
    expect(of(await first.look(), 'change')).toEqual([]);
  });

  it('that a status check fails, since when EC2 says so, for as long as it does', async () => {
    const { id } = await ec2.run();
    const { look, readings, clock } = readingsOf({ ids: [id] });
    await look();
    const since = new Date(clock.now - 60_000).toISOString();
    proxy.answer('DescribeInstanceStatus', statusOf(id, 'impaired', since, ''));
    expect(of(await look(), 'alert')).toMatchObject([
      {
        ...{ id: `${ec2Region}/${id}/system-check`, source: readings.alertsFrom, severity: 'critical' },
        ...{ title: `EC2: the system status check of ${id} fails`, atMs: Date.parse(since) },
      },
    ]);
    expect(of(await look(), 'alert')).toEqual([]);
  });

  it('maintenance as a change, and as an alert when it is near', async () => {
    const { id } = await ec2.run();
    const { look, clock } = readingsOf({ ids: [id] });
    const event = (afterHours: number) =>
      `<eventsSet><item><instanceEventId>instance-event-1</instanceEventId><code>instance-retirement</code><description>degraded hardware</description><notBefore>${new Date(clock.now + afterHours * 3_600_000).toISOString()}</notBefore></item></eventsSet>`;
    proxy.answer('DescribeInstanceStatus', statusOf(id, 'ok', '', event(72)));
    const early = await look();
    expect(of(early, 'change')).toMatchObject([
      {
        ...{ id: 'ec2/instance-event-1', type: 'maintenance' },
        summary: expect.stringMatching(/instance-retirement for i-.*degraded hardware/),
      },
    ]);
    expect(of(early, 'alert')).toEqual([]);
    proxy.answer('DescribeInstanceStatus', statusOf(id, 'ok', '', event(3)));
    expect(of(await look(), 'alert')).toMatchObject([{ severity: 'warning' }]);
  });
});

describe('maintenance', () => {
  it('that is over is none any more', () => {
    const event = { InstanceEventId: 'instance-event-1', Code: 'system-reboot' };
    expect(plannedEvents([{ ...event, Description: '[Completed] reboot' }])).toEqual([]);
    expect(plannedEvents([{ ...event, Description: '[Canceled] reboot' }, { Code: 'x' }])).toEqual([]);
    expect(plannedEvents([{ ...event, Description: 'reboot' }])).toHaveLength(1);
  });
});

function statusOf(id: string, system: string, since: string, events: string): string {
  const details =
    since === '' ? '' : `<details><item><impairedSince>${since}</impairedSince></item></details>`;
  return `<DescribeInstanceStatusResponse><instanceStatusSet><item><instanceId>${id}</instanceId><instanceStatus><status>ok</status></instanceStatus><systemStatus><status>${system}</status>${details}</systemStatus>${events}</item></instanceStatusSet></DescribeInstanceStatusResponse>`;
}
