// Alarms as DescribeAlarms gives them, and as what they are told.

import type { DescribeAlarmsOutput, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { plainDimension, saidInDescription } from '../../../domain/alerts/alarm-words.ts';
import { severityOf } from '../../../domain/alerts/severity-words.ts';
import type { AlertEvent } from '../../../domain/observation.ts';

export type Alarm = {
  readonly arn: string;
  readonly name: string;
  readonly description: string;
  readonly state: string;
  readonly changedMs: number | null;
  readonly dimensions: Readonly<Record<string, string>>;
};

/** Those that somebody has silenced there are left out: nobody is to hear of them. */
export function alarmsIn({
  MetricAlarms = [],
  CompositeAlarms = [],
}: DescribeAlarmsOutput): readonly Alarm[] {
  const plain = MetricAlarms.map((one) => ({ ...one, pairs: pairsOf(one), ActionsSuppressedBy: undefined }));
  const composite = CompositeAlarms.map((one) => ({
    ...one,
    pairs: [],
    StateTransitionedTimestamp: one.StateTransitionedTimestamp,
  }));
  return [...plain, ...composite].flatMap((one) => {
    const { AlarmArn: arn, AlarmName: name, ActionsEnabled, ActionsSuppressedBy } = one;
    if (arn === undefined || name === undefined) return [];
    if (ActionsEnabled === false || ActionsSuppressedBy !== undefined) return [];
    const changed = one.StateTransitionedTimestamp ?? one.StateUpdatedTimestamp;
    return [
      {
        ...{ arn, name, description: one.AlarmDescription ?? '', state: one.StateValue ?? '' },
        changedMs: changed?.getTime() ?? null,
        dimensions: Object.fromEntries(one.pairs.toReversed()),
      },
    ];
  });
}

function pairsOf({ Dimensions = [], Metrics = [] }: MetricAlarm): readonly (readonly [string, string])[] {
  const all = [...Dimensions, ...Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric?.Dimensions ?? [])];
  return all.map(({ Name, Value }) => [Name ?? '', Value ?? '']);
}

/** Which environment and service an alarm is about, as its description and dimensions say. */
export function alertOf(
  { arn, name, description, changedMs, dimensions }: Alarm,
  named: readonly string[],
  defaultEnvironment: string,
  source: string,
  nowMs: number,
): AlertEvent {
  const said = saidInDescription(description);
  const dimension = named.find((one) => (dimensions[one] ?? '') !== '') ?? '';
  const resourceId = dimension === 'InstanceId' ? undefined : (dimensions.InstanceId ?? dimensions.TaskId);
  return {
    ...{ kind: 'alert', id: arn, status: 'firing', source, title: name },
    scope: {
      environment: said.environment ?? defaultEnvironment,
      service: said.service ?? plainDimension(dimensions[dimension] ?? '') ?? name,
      ...(said.component === undefined ? {} : { component: said.component }),
      ...(resourceId === undefined ? {} : { resourceId }),
    },
    severity: severityOf(said.severity ?? ''),
    atMs: Math.min(nowMs, changedMs ?? nowMs),
    attributes: {},
  };
}
