// Alarms of CloudWatch: as its own notifications, metric or composite, and as EventBridge tells of them. Sources: docs.aws.amazon.com,
// CloudWatch user guide, "Notifying users on alarm changes" and "Alarm events and EventBridge".

import { z } from 'zod';
import { instantIn } from '../../events/reported.ts';

export type Alarm = {
  readonly arn: string;
  readonly name: string;
  readonly description: string;
  readonly account: string;
  readonly state: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA';
  /** Null: it does not say. */
  readonly changedMs: number | null;
  /** Of the metrics that it watches; of several values of one name the first. */
  readonly dimensions: Readonly<Record<string, string>>;
};

const text = z.string().nullish();
const state = z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']);
/** AWS writes `name` and `value`; what stands in for it writes them large. */
const pairs = z
  .array(
    z
      .object({ name: text, value: text, Name: text, Value: text })
      .transform(({ name, value, Name, Value }) => [name ?? Name ?? '', value ?? Value ?? ''] as const),
  )
  .nullish();

const notificationSchema = z.object({
  AlarmName: z.string().min(1),
  AlarmArn: text,
  AlarmDescription: text,
  AWSAccountId: text,
  Region: text,
  NewStateValue: state,
  StateChangeTime: text,
  Trigger: z
    .object({
      Dimensions: pairs,
      Metrics: z
        .array(
          z.object({
            MetricStat: z.object({ Metric: z.object({ Dimensions: pairs }).nullish() }).nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

const eventSchema = z.object({
  account: text,
  resources: z.array(z.string()).nullish(),
  detail: z.object({
    alarmName: z.string().min(1),
    state: z.object({ value: state, timestamp: text }),
    configuration: z
      .object({
        description: text,
        metrics: z
          .array(
            z.object({
              metricStat: z
                .object({
                  metric: z.object({ dimensions: z.record(z.string(), z.string()).nullish() }).nullish(),
                })
                .nullish(),
            }),
          )
          .nullish(),
      })
      .nullish(),
  }),
});

const kindSchema = z.object({ AlarmName: z.unknown(), 'detail-type': z.unknown() });

type Read =
  | { readonly ok: true; readonly alarm: Alarm }
  | { readonly ok: false; readonly error: z.ZodError | null };

/** `error: null`: it is no alarm at all. */
export function alarmIn(raw: unknown): Read {
  const kind = kindSchema.partial().safeParse(raw).data ?? {};
  if (kind['detail-type'] === 'CloudWatch Alarm State Change') return read(eventSchema, raw, ofEvent);
  return kind.AlarmName === undefined
    ? { ok: false, error: null }
    : read(notificationSchema, raw, ofNotification);
}

function read<T extends z.ZodType>(schema: T, raw: unknown, alarmOf: (value: z.output<T>) => Alarm): Read {
  const { data, error } = schema.safeParse(raw);
  return error === undefined ? { ok: true, alarm: alarmOf(data as z.output<T>) } : { ok: false, error };
}

function ofNotification(said: z.output<typeof notificationSchema>): Alarm {
  const { AlarmName: name, Trigger: trigger } = said;
  const account = said.AWSAccountId ?? '';
  const watched = [
    trigger?.Dimensions,
    ...(trigger?.Metrics ?? []).map((one) => one.MetricStat?.Metric?.Dimensions),
  ];
  return {
    arn: said.AlarmArn || `${account}/${said.Region ?? ''}/${name}`,
    ...{ name, account, description: said.AlarmDescription ?? '', state: said.NewStateValue },
    changedMs: instantOf(said.StateChangeTime),
    dimensions: firstOfEach(watched.flatMap((one) => one ?? [])),
  };
}

function ofEvent({ account, resources, detail }: z.output<typeof eventSchema>): Alarm {
  const { alarmName: name, state: now, configuration } = detail;
  const watched = (configuration?.metrics ?? []).map(
    ({ metricStat }) => metricStat?.metric?.dimensions ?? {},
  );
  return {
    arn: resources?.[0] || `${account ?? ''}/${name}`,
    ...{ name, account: account ?? '', description: configuration?.description ?? '', state: now.value },
    changedMs: instantOf(now.timestamp),
    dimensions: firstOfEach(watched.flatMap((one) => Object.entries(one))),
  };
}

function firstOfEach(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(pairs.toReversed());
}

/** As AWS writes them: `2026-01-31T09:30:00.000+0000`. */
function instantOf(given: string | null | undefined): number | null {
  return instantIn(given?.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}
