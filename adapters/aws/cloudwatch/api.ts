// The requests that are made to CloudWatch and its logs, and no others: rights.ts names the same ones. Each is sent once, ends in time,
// and reads no more than a bound.

import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  type StateValue,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { readingsWithin } from '../answers.ts';
import { boundAnswers } from '../bounded.ts';
import { clientOptions, type Sessions } from '../session.ts';
import { type Alarm, alarmsIn } from './alarms.ts';
import type { CloudWatchSettings, MetricSetting } from './settings.ts';

export type Point = { readonly atMs: number; readonly value: number };
export type LogLine = { readonly atMs: number; readonly text: string };

export type Courses = {
  /** Of each metric that was asked for, in order of time. */
  readonly points: ReadonlyMap<MetricSetting, readonly Point[]>;
  /** Why it is less than was asked for. */
  readonly problem: string | null;
};

/** As many as AWS takes in one request. */
const mostQueries = 500;
const mostPages = 20;
const alarmsOfPage = 100;
/** An answer takes its time. */
const surelyAheadMs = 60_000;

export type CloudWatchApi = ReturnType<typeof openCloudWatch>;

export function openCloudWatch(settings: CloudWatchSettings, sessions: Sessions) {
  const { endpoints, timeoutSeconds } = settings;
  const monitoring = new CloudWatchClient(clientOptions(settings, endpoints.monitoring, sessions.reader));
  const logs = new CloudWatchLogsClient(clientOptions(settings, endpoints.logs, sessions.reader));
  boundAnswers(monitoring);
  boundAnswers(logs);
  const ask = readingsWithin(timeoutSeconds * 1_000);

  async function batch(
    metrics: readonly MetricSetting[],
    range: { readonly fromMs: number; readonly toMs: number },
    signal?: AbortSignal,
  ): Promise<Courses> {
    const points = new Map<MetricSetting, Point[]>(metrics.map((one) => [one, []]));
    let problem: string | null = null;
    let token: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const answer = await ask('reading metrics', signal, (abortSignal) =>
        monitoring.send(
          new GetMetricDataCommand({
            MetricDataQueries: metrics.map((one, index) => ({ Id: `m${index}`, MetricStat: statOf(one) })),
            StartTime: new Date(range.fromMs),
            EndTime: new Date(range.toMs),
            ScanBy: 'TimestampAscending',
            NextToken: token,
          }),
          { abortSignal },
        ),
      );
      for (const result of answer.MetricDataResults ?? []) {
        const metric = metrics[Number(result.Id?.slice(1))];
        if (metric === undefined) continue;
        points.get(metric)?.push(...pointsIn(result));
        if (result.StatusCode === 'InternalError' || result.StatusCode === 'Forbidden')
          problem ??= `${metric.name}: ${result.StatusCode}`;
      }
      const [said] = answer.Messages ?? [];
      problem ??= said?.Value ?? null;
      token = answer.NextToken;
      if (token === undefined) break;
    }
    if (token !== undefined) problem ??= 'more values than are read at once';
    for (const its of points.values()) its.sort((a, b) => a.atMs - b.atMs);
    return { points, problem };
  }

  return {
    /** How much further than ours its clock is, where that is more than minutes. */
    aheadMs(): number {
      const { systemClockOffset = 0 } = monitoring.config;
      return Math.abs(systemClockOffset) > surelyAheadMs ? systemClockOffset : 0;
    },

    async metrics(
      metrics: readonly MetricSetting[],
      range: { readonly fromMs: number; readonly toMs: number },
      signal?: AbortSignal,
    ): Promise<Courses> {
      const points = new Map<MetricSetting, readonly Point[]>();
      let problem: string | null = null;
      for (let from = 0; from < metrics.length; from += mostQueries) {
        const some = await batch(metrics.slice(from, from + mostQueries), range, signal);
        for (const [metric, its] of some.points) points.set(metric, its);
        problem ??= some.problem;
      }
      return { points, problem };
    },

    /** All in this state; `null` for the prefix: of any name. */
    async alarms(state: StateValue, prefix: string | null, signal?: AbortSignal): Promise<readonly Alarm[]> {
      const found: Alarm[] = [];
      let token: string | undefined;
      for (let page = 0; page < mostPages; page += 1) {
        const answer = await ask('reading alarms', signal, (abortSignal) =>
          monitoring.send(
            new DescribeAlarmsCommand({
              AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
              StateValue: state,
              MaxRecords: alarmsOfPage,
              NextToken: token,
              ...(prefix === null ? {} : { AlarmNamePrefix: prefix }),
            }),
            { abortSignal },
          ),
        );
        found.push(...alarmsIn(answer).filter((one) => one.state === state));
        token = answer.NextToken;
        if (token === undefined) break;
      }
      return found;
    },

    /** The oldest within the range. */
    async lines(
      { group, pattern }: { readonly group: string; readonly pattern: string },
      range: { readonly fromMs: number; readonly toMs: number; readonly limit: number },
      signal?: AbortSignal,
    ): Promise<readonly LogLine[]> {
      const found: LogLine[] = [];
      let token: string | undefined;
      for (let page = 0; page < mostPages && found.length < range.limit; page += 1) {
        const answer = await ask(`reading ${group}`, signal, (abortSignal) =>
          logs.send(
            new FilterLogEventsCommand({
              logGroupName: group,
              startTime: Math.floor(range.fromMs),
              endTime: Math.ceil(range.toMs),
              limit: range.limit - found.length,
              nextToken: token,
              ...(pattern === '' ? {} : { filterPattern: pattern }),
            }),
            { abortSignal },
          ),
        );
        for (const { timestamp, message } of answer.events ?? [])
          if (timestamp !== undefined && message !== undefined)
            found.push({ atMs: timestamp, text: message });
        token = answer.nextToken;
        if (token === undefined) break;
      }
      return found.slice(0, range.limit);
    },

    close(): void {
      monitoring.destroy();
      logs.destroy();
    },
  };
}

function statOf({ namespace, metric, dimensions, statistic, periodSeconds }: MetricSetting) {
  const pairs = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return {
    Metric: { Namespace: namespace, MetricName: metric, Dimensions: pairs },
    Period: periodSeconds,
    Stat: statistic,
  };
}

function pointsIn(result: {
  readonly Timestamps?: readonly Date[] | undefined;
  readonly Values?: readonly number[] | undefined;
}): readonly Point[] {
  return (result.Timestamps ?? []).flatMap((at, index) => {
    const value = result.Values?.[index];
    return value === undefined || !Number.isFinite(value) ? [] : [{ atMs: at.getTime(), value }];
  });
}
