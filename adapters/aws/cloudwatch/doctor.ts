// What `doctor` says of a CloudWatch: whose credentials these are, which rights are missing, which log groups are not there, and which
// metrics have no values.

import { type Finding, ok, warning } from '../../../domain/doctor.ts';
import type { Monitored } from '../../monitor-vendor.ts';
import { deniedRights, identityProblem, type Proof } from '../check.ts';
import type { Sessions } from '../session.ts';
import type { CloudWatchApi } from './api.ts';
import type { CloudWatchSettings } from './settings.ts';

const hoursMs = 3 * 3_600_000;

export async function checkCloudWatch(
  settings: CloudWatchSettings & Monitored,
  sessions: Sessions,
  api: Pick<CloudWatchApi, 'alarms' | 'metrics' | 'lines'>,
  nowMs: () => number = Date.now,
): Promise<Finding> {
  const { name, alarms, metrics, logs, region } = settings;
  const title = `CloudWatch ${name}`;
  const toMs = nowMs();
  let empty: readonly string[] = [];
  const proofs: readonly Proof[] = [
    ...(alarms === false
      ? []
      : [['cloudwatch:DescribeAlarms', () => api.alarms('ALARM', alarms.prefixes[0] ?? null)] as const]),
    ...(metrics.length === 0
      ? []
      : [
          [
            'cloudwatch:GetMetricData',
            async () => {
              const { points } = await api.metrics(metrics, { fromMs: toMs - hoursMs, toMs });
              empty = metrics.filter((one) => points.get(one)?.length === 0).map((one) => one.name);
            },
          ] as const,
        ]),
    ...logs.map(
      ({ group, pattern }) =>
        [
          `logs:FilterLogEvents on ${group}`,
          () => api.lines({ group, pattern }, { fromMs: toMs - 60_000, toMs, limit: 1 }),
        ] as const,
    ),
  ];
  try {
    const wrong = await identityProblem({ ...settings, writeRole: undefined }, sessions);
    if (wrong !== null) return warning(title, wrong.detail, 'Correct account, or give it other credentials.');
    const denied = await deniedRights(proofs);
    if (denied.length > 0)
      return warning(
        title,
        `missing rights: ${denied.join('; ')}`,
        `Grant them: "sentinel monitor permissions cloudwatch/${name}" prints exactly what is needed.`,
      );
  } catch (error) {
    return warning(
      title,
      error instanceof Error ? error.message : String(error),
      'Correct it; until then nothing is known of what it watches.',
    );
  }
  if (empty.length > 0)
    return warning(
      title,
      `no value within three hours of ${empty.join(', ')}`,
      'Compare namespace, metric, dimensions and region with CloudWatch: all dimensions have to be named.',
    );
  return ok(title, `${region} answers, ${metrics.length} metrics, ${logs.length} log groups`);
}
