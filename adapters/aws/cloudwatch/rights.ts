// The least that reading takes, as what is configured needs it.

import type { Right } from '../rights.ts';
import { policyOf } from '../rights.ts';
import { partitionOf } from '../settings.ts';
import type { CloudWatchSettings } from './settings.ts';

export function neededRights(settings: CloudWatchSettings): readonly Right[] {
  const { alarms, metrics, logs, account, region } = settings;
  const monitoring = [
    ...(metrics.length === 0 ? [] : ['cloudwatch:GetMetricData']),
    ...(alarms === false ? [] : ['cloudwatch:DescribeAlarms']),
  ];
  const group = (name: string): string =>
    `arn:${partitionOf(region)}:logs:${region}:${account}:log-group:${name}:*`;
  return [
    // Neither knows resources.
    ...(monitoring.length === 0
      ? []
      : [{ identity: 'read', actions: monitoring, resources: ['*'] } as const]),
    ...(logs.length === 0
      ? []
      : [
          {
            identity: 'read',
            actions: ['logs:FilterLogEvents'],
            resources: [...new Set(logs.map((one) => group(one.group)))],
          } as const,
        ]),
  ];
}

export function policyText(settings: CloudWatchSettings): string {
  return `${JSON.stringify(policyOf(neededRights(settings)), null, 2)}\n`;
}
