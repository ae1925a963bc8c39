/** Alarms, metrics and lines of a CloudWatch as Sentinel tells them, and what doctor says is missing. Against moto. */
import { describe, expect, test } from 'vitest';
import { AwsError, refused } from '../../../../adapters/aws/answers.ts';
import { checkCloudWatch } from '../../../../adapters/aws/cloudwatch/doctor.ts';
import { lookIntoCloudWatch } from '../../../../adapters/aws/cloudwatch/look.ts';
import { createCloudWatchReadings } from '../../../../adapters/aws/cloudwatch/readings.ts';
import { policyText } from '../../../../adapters/aws/cloudwatch/rights.ts';
import type { Observation } from '../../../../domain/observation.ts';
import { askedAt, type Given, putInto } from '../../../support/aws/cloudwatch.ts';
import { describeWith } from '../../../support/component.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';

const minute = 60_000;
const region = 'eu-west-3';
const long = () => AbortSignal.timeout(60_000);
const nowMs = Math.floor(Date.now() / minute) * minute;
const latency = { namespace: 'Shop', metric: 'Latency', dimensions: { Service: 'orders' } };
const metric = { name: 'latency', service: 'orders', ...latency };

await describeWith<MotoInfo>('moto', 'CloudWatch', (moto) => {
  const put = putInto(moto.url, region);

  function asked(given: Given, environments: readonly string[] = ['prod', 'stage']) {
    const { monitored, api, sessions } = askedAt(moto.url, region, given, environments);
    const clock = { nowMs };
    const readings = createCloudWatchReadings(monitored, api, () => clock.nowMs);
    return {
      ...{ clock, readings, monitored, api, sessions },
      check: () => checkCloudWatch(monitored, sessions, api, () => nowMs),
      async look(environment = 'prod'): Promise<readonly Observation[]> {
        const seen = await readings.read(environment, long());
        readings.told?.(environment);
        clock.nowMs += minute;
        return seen;
      },
    };
  }
  const alerts = (seen: readonly Observation[]) =>
    seen.flatMap((one) =>
      one.kind === 'alert' ? [`${one.severity} ${one.scope.service}: ${one.title}`] : [],
    );
  const values = (seen: readonly Observation[]) =>
    seen.flatMap((one) => (one.kind === 'gauge' ? [[(one.atMs - nowMs) / minute, one.value]] : []));

  test('alarms are told of whom they are about; not those that are silenced there or of scaling policies', async () => {
    await put.alarm('orders-slow', 'ALARM');
    await put.alarm('mail-stuck', 'ALARM', {
      AlarmDescription: 'service=mail severity=critical environment=stage',
    });
    await put.alarm('quiet', 'ALARM', { ActionsEnabled: false });
    await put.alarm('TargetTracking-service/orders-AlarmHigh', 'ALARM');
    await put.alarm('fine', 'OK');
    const { look, readings } = asked({});
    expect(alerts(await look())).toEqual(['warning orders: orders-slow']);
    expect(alerts(await look('stage'))).toEqual(['critical mail: mail-stuck']);
    expect((readings.alertsFrom as () => readonly string[])()).toEqual(['cloudwatch/main']);
    expect(alerts(await asked({ alarms: { prefixes: ['mail-'] } }).look())).toEqual([]);
    expect(alerts(await asked({ alarms: false }).look())).toEqual([]);
  });

  test('without data an alarm neither begins nor ends, also for the process after this one', async () => {
    await put.alarm('lost', 'ALARM', { AlarmDescription: 'environment=lost' });
    await put.alarm('never', 'INSUFFICIENT_DATA', { AlarmDescription: 'environment=lost' });
    const first = asked({ alarms: { prefixes: ['lost', 'never'] } }, ['lost']);
    expect(alerts(await first.look('lost'))).toEqual(['warning orders: lost']);
    await put.alarm('lost', 'INSUFFICIENT_DATA', { AlarmDescription: 'environment=lost' });
    expect(alerts(await first.look('lost'))).toEqual(['warning orders: lost']);
    const second = asked({ alarms: { prefixes: ['lost', 'never'] } }, ['lost']);
    second.readings.resume?.('lost', first.readings.told?.('lost') ?? '');
    expect(alerts(await second.look('lost'))).toEqual(['warning orders: lost']);
    await put.alarm('lost', 'OK', { AlarmDescription: 'environment=lost' });
    expect(alerts(await second.look('lost'))).toEqual([]);
  });

  test('values of metrics are told once each, also those that AWS adds late, when their period is over', async () => {
    await put.values('Latency', [nowMs - 5 * minute, 5], [nowMs - 4 * minute, 4], [nowMs - 2 * minute, 2]);
    await put.values('Latency', [nowMs, 99]);
    const { look } = asked({ alarms: false, metrics: [metric], settleSeconds: 0 });
    expect(values(await look())).toEqual([
      [-4, 5],
      [-3, 4],
      [-1, 2],
    ]);
    // Told late, and in the minute that is over by then.
    await put.values('Latency', [nowMs - 3 * minute, 3]);
    expect(values(await look())).toEqual([
      [-2, 3],
      [1, 99],
    ]);
    expect(values(await look())).toEqual([]);
  });

  test('more metrics than AWS takes at once are asked for in several requests, each by its own place', async () => {
    const names = Array.from({ length: 1_010 }, (_, index) => ({ ...metric, name: `m${index}` }));
    const { settings, api } = askedAt(moto.url, region, { metrics: [metric] });
    const all = names.map((one) => ({
      ...(settings.metrics[0] as (typeof settings.metrics)[number]),
      ...one,
    }));
    const last = all.at(-1) as (typeof all)[number];
    await put.values('Far', [nowMs - 5 * minute, 7]);
    const far = { ...last, metric: 'Far' };
    const { points, problem } = await api.metrics([...all.slice(0, -1), far], {
      ...{ fromMs: nowMs - 10 * minute, toMs: nowMs },
    });
    expect(points.size).toBe(1_010);
    expect(points.get(far)).toEqual([{ atMs: nowMs - 5 * minute, value: 7 }]);
    expect(problem).toBeNull();
  });

  test('where alarms may not be read, metrics go on, and no alarm is over by that', async () => {
    const { clock, monitored, api } = asked({ metrics: [metric] });
    let denied = false;
    const readings = createCloudWatchReadings(
      monitored,
      {
        ...api,
        alarms: (...given) =>
          denied
            ? Promise.reject(new AwsError(refused('permission-denied', 'reading alarms: 403'), null))
            : api.alarms(...given),
      },
      () => clock.nowMs,
    );
    expect(alerts(await readings.read('prod', long()))).toContain('warning orders: orders-slow');
    readings.told?.('prod');
    denied = true;
    clock.nowMs += minute;
    await put.values('Latency', [nowMs - minute, 1]);
    expect(values(await readings.read('prod', long()))).toContainEqual([0, 1]);
    expect((readings.alertsFrom as () => readonly string[])()).toEqual([]);
    expect(readings.problem?.()).toBe('alarms: reading alarms: 403');
  });

  describe('asked about an incident', () => {
    test('it shows lines of the log groups of its services, without secrets, and the courses of their metrics', async () => {
      await put.lines(
        '/ecs/orders',
        [nowMs - 5_000, 'ERROR login failed password=hunter2secret'],
        [nowMs, 'INFO well'],
      );
      await put.lines('/ecs/mail', [nowMs - 5_000, 'ERROR mailbox full']);
      const { monitored, api } = asked({
        metrics: [metric, { ...metric, service: 'mail' }],
        logs: [
          { group: '/ecs/orders', service: 'orders', pattern: '' },
          { group: '/ecs/mail', service: 'mail', pattern: '' },
          { group: '/ecs/gone', service: 'gone' },
        ],
      });
      const look = lookIntoCloudWatch(monitored, api);
      const question = {
        environment: 'prod',
        onsetMs: nowMs,
        fromMs: nowMs - 15 * minute,
        toMs: nowMs + 1_000,
      };
      const { lines, series, problem } = await look({ ...question, services: ['orders'] }, long());
      expect(lines).toMatchObject([
        { service: 'orders', severityNumber: 17, text: expect.stringContaining('login failed') },
        { service: 'orders', severityNumber: 9, text: 'INFO well' },
      ]);
      expect(JSON.stringify(lines)).not.toContain('hunter2secret');
      expect(series.map(({ service, name, points }) => [service, name, points.length > 0])).toEqual([
        ['orders', 'latency', true],
      ]);
      expect(problem).toBeNull();
      const gone = await look({ ...question, services: ['gone', 'orders'] }, long());
      expect(gone.problem).toMatch(/^lines: reading \/ecs\/gone: .*ResourceNotFound/);
      expect(gone.series).toHaveLength(1);
    });
  });

  test('doctor says whose credentials these are, which right and which values are missing', async () => {
    expect(await asked({ alarms: { prefixes: ['orders'] }, metrics: [metric] }).check()).toEqual({
      ...{ name: 'CloudWatch main', status: 'ok', advice: null },
      detail: `${region} answers, 1 metrics, 0 log groups`,
    });
    const detail = async (given: Given) => (await asked(given).check()).detail;
    expect(await detail({ account: '999999999999' })).toContain('of account 123456789012');
    expect(await detail({ metrics: [{ ...metric, name: 'typo', metric: 'Latncy' }] })).toBe(
      'no value within three hours of typo',
    );
    const { monitored, sessions, api } = asked({ metrics: [metric] });
    const denied = new AwsError(refused('permission-denied', 'reading metrics: 403 AccessDenied'), null);
    const refusing = { ...api, metrics: () => Promise.reject(denied) };
    expect(await checkCloudWatch(monitored, sessions, refusing)).toMatchObject({
      ...{ status: 'warning', detail: 'missing rights: cloudwatch:GetMetricData' },
      advice: expect.stringContaining('sentinel monitor permissions cloudwatch/main'),
    });
  });

  test('the policy that is printed has exactly what the configuration asks for', () => {
    const { monitored } = asked({ logs: [{ group: '/ecs/orders', service: 'orders' }] });
    expect(JSON.parse(policyText(monitored))).toMatchObject({
      Statement: [
        { Action: ['cloudwatch:DescribeAlarms'], Resource: ['*'] },
        {
          Action: ['logs:FilterLogEvents'],
          Resource: [`arn:aws:logs:${region}:123456789012:log-group:/ecs/orders:*`],
        },
      ],
    });
    expect(JSON.parse(policyText(asked({ alarms: false }).monitored))).toMatchObject({ Statement: [] });
  });
});
