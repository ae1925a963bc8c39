/** What tests put into the CloudWatch of moto, and how they configure one that is asked. */
import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  type StateValue,
} from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { openCloudWatch } from '../../../adapters/aws/cloudwatch/api.ts';
import { settings as schema } from '../../../adapters/aws/cloudwatch/settings.ts';
import { createSessions } from '../../../adapters/aws/session.ts';

const credentials = { accessKeyId: 'AKIABASE', secretAccessKey: 'base-secret-key-never-shown' };
const account = '123456789012';

export type Given = Partial<Parameters<typeof schema.parse>[0] & object>;

export function askedAt(
  url: string,
  region: string,
  given: Given,
  environments: readonly string[] = ['prod'],
) {
  const endpoints = { monitoring: url, logs: url, sts: url };
  const settings = schema.parse({
    account,
    region,
    endpoints,
    timeoutSeconds: 30,
    settleSeconds: 0,
    ...given,
  });
  const monitored = { ...settings, name: 'main', environments };
  const sessions = createSessions(monitored, credentials);
  return { settings, monitored, sessions, api: openCloudWatch(settings, sessions) };
}

/** A region is a world of its own. */
export function putInto(url: string, region: string) {
  const options = { region, endpoint: url, credentials };
  const monitoring = new CloudWatchClient(options);
  const logs = new CloudWatchLogsClient(options);
  return {
    async values(
      metric: string,
      ...points: readonly (readonly [atMs: number, value: number])[]
    ): Promise<void> {
      await monitoring.send(
        new PutMetricDataCommand({
          Namespace: 'Shop',
          MetricData: points.map(([atMs, Value]) => ({
            ...{ MetricName: metric, Timestamp: new Date(atMs), Value },
            Dimensions: [{ Name: 'Service', Value: 'orders' }],
          })),
        }),
      );
    },
    async alarm(name: string, state: StateValue, more: object = {}): Promise<void> {
      await monitoring.send(
        new PutMetricAlarmCommand({
          ...{ AlarmName: name, MetricName: 'Latency', Namespace: 'Shop', Statistic: 'Average', Period: 60 },
          ...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' },
          Dimensions: [{ Name: 'Service', Value: 'orders' }],
          ...more,
        }),
      );
      await monitoring.send(
        new SetAlarmStateCommand({ AlarmName: name, StateValue: state, StateReason: 'a test' }),
      );
    },
    async lines(group: string, ...lines: readonly (readonly [atMs: number, text: string])[]): Promise<void> {
      await logs.send(new CreateLogGroupCommand({ logGroupName: group }));
      await logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: 's' }));
      const logEvents = lines.map(([timestamp, message]) => ({ timestamp, message }));
      await logs.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: 's', logEvents }));
    },
  };
}
