// What is configured of a CloudWatch that is asked: one account and region.

import { z } from 'zod';
import { alarmDimensions } from '../../../domain/alerts/alarm-words.ts';
import { commonKeys, endpointSetting } from '../settings.ts';

const name = z.string().trim().min(1).max(200);
const environment = name.optional().describe('Default: the first of `environments`.');

const alarms = z.strictObject({
  prefixes: z
    .array(z.string().min(1).max(255))
    .max(10)
    .default([])
    .describe('Only alarms whose names begin so. Default: all.'),
  except: z
    .array(z.string().min(1).max(255))
    .max(50)
    .default(['TargetTracking-*'])
    .describe(
      'Names that are left out, with `*` and `?` as wildcards. Scaling policies have alarms of their own.',
    ),
  dimensions: z
    .array(name)
    .min(1)
    .max(50)
    .default([...alarmDimensions])
    .describe('Dimensions that name the service, in order. Without any, it is the name of the alarm.'),
});

const metric = z.strictObject({
  name: z
    .string()
    .regex(
      /^[A-Za-z][\w./-]{0,199}$/,
      'expected the name of a metric, such as http.server.request.duration.p95',
    )
    .describe('Under which it is kept, as telemetry of the service.'),
  namespace: z.string().min(1).max(255).describe('Such as `AWS/ApplicationELB`.'),
  metric: z.string().min(1).max(255).describe('Such as `TargetResponseTime`.'),
  dimensions: z
    .record(z.string().min(1).max(255), z.string().min(1).max(1_024))
    .default({})
    .describe('All of them, as CloudWatch shows them: with one left out nothing is found.'),
  statistic: z
    .string()
    .regex(/^(Average|Sum|Minimum|Maximum|SampleCount|IQM|p\d{1,2}(\.\d{1,4})?|(tm|wm|tc|ts)\d{1,2})$/, {
      error: 'expected Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p95',
    })
    .default('Average')
    .describe('What of the values of a period is taken.'),
  periodSeconds: z
    .int()
    .min(60)
    .max(3_600)
    .multipleOf(60)
    .default(60)
    .describe('As AWS writes it: 60 or, for basic monitoring, 300.'),
  service: name.describe('Whom it is about.'),
  environment,
  unit: z.string().max(20).default('').describe('Of the values, such as `s` or `By`.'),
});
export type MetricSetting = z.output<typeof metric>;

const logGroup = z.strictObject({
  group: z
    .string()
    .regex(/^[\w./#-]{1,512}$/, 'expected the name of a log group, such as /ecs/checkout')
    .describe('Such as `/ecs/checkout`.'),
  service: name.describe('Whose lines they are.'),
  environment,
  pattern: z
    .string()
    .max(1_024)
    .default('?ERROR ?Error ?error ?FATAL ?Exception ?WARN')
    .describe('A filter pattern of CloudWatch Logs. Empty: every line.'),
});

export const settings = z.strictObject({
  account: commonKeys.account,
  region: commonKeys.region,
  readRole: commonKeys.readRole,
  timeoutSeconds: z.int().min(1).max(60).default(8).describe('How long one request may take.'),
  everySeconds: z
    .int()
    .min(60)
    .max(3_600)
    .default(60)
    .describe('How often it is asked. Each metric costs something each time (docs/cloudwatch.md#costs).'),
  settleSeconds: z
    .int()
    .min(0)
    .max(3_600)
    .default(120)
    .describe('How old a value has to be before it is taken: AWS goes on counting for so long.'),
  alarms: z
    .union([z.literal(false), alarms])
    .prefault({})
    .describe('Alarms; `false`: none.'),
  metrics: z.array(metric).max(500).default([]).describe('Metrics that are kept as telemetry.'),
  logs: z
    .array(logGroup)
    .max(50)
    .default([])
    .describe('Log groups that are looked into when an incident of their service is diagnosed.'),
  endpoints: z
    .strictObject({
      monitoring: endpointSetting.optional().describe('Of CloudWatch.'),
      logs: endpointSetting.optional().describe('Of CloudWatch Logs.'),
      sts: endpointSetting.optional().describe('Of STS, which gives out sessions.'),
    })
    .prefault({})
    .describe('Other addresses than those of AWS: private links.'),
});
export type CloudWatchSettings = z.output<typeof settings>;
