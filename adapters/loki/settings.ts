// What is configured of a Loki that is asked.

import { z } from 'zod';
import { labelSettingsWith } from '../../ingest/events/label-settings.ts';
import {
  addressSettings,
  hourSeconds,
  ownRules,
  presetSettings,
  seconds,
  tenant,
} from '../monitor-rules/settings.ts';
import { presets } from './presets.ts';

const { service, workload, host, exporters, environment, component, resource } = labelSettingsWith({
  service: ['service_name', 'service', 'app', 'app_kubernetes_io_name', 'job'],
});

const { url, username, everySeconds, timeoutSeconds, goneSeconds } = addressSettings(
  'Loki or Grafana Cloud Logs',
  '/loki/api/v1',
);

const pipeline = z
  .string()
  .max(2_000)
  .regex(/^\s*\|/, 'expected what follows a selector, such as | level = "error"');

const lines = z
  .strictObject({
    query: pipeline
      .default('| detected_level =~ "warn|error|critical|fatal"')
      .describe('Which lines, as a pipeline behind `selector`.'),
    limit: z
      .int()
      .min(10)
      .max(4_000)
      .default(1_000)
      .describe(
        'How many are taken at a look, every 15 seconds. What is more comes with the next look, or is left out and told when that falls behind by 30 minutes.',
      ),
    delaySeconds: seconds(0, 600, 10).describe(
      'How long a line may be on its way: one that comes later than that is not seen.',
    ),
  })
  .describe('Which lines are read.');

export const settings = z.strictObject({
  url,
  username,
  tenant: tenant.describe('Sent as `X-Scope-OrgID`; several, as Loki takes them: `a|b`.'),
  everySeconds,
  timeoutSeconds,
  selector: z
    .string()
    .max(1_000)
    .regex(/^\{[^|]+\}$/, 'expected a selector such as {env="prod", service_name=~".+"}')
    .default('{service_name=~".+"}')
    .describe('Which streams the presets, the lines and evidence are about.'),
  errors: pipeline
    .default('| detected_level =~ "error|critical|fatal"')
    .describe(
      'Which of their lines are errors, as a pipeline behind `selector`. Before Loki 3: `|~ "(?i)error"`.',
    ),
  by: z
    .array(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,99}$/, 'expected the name of a label'))
    .min(1)
    .max(10)
    .default(['service_name'])
    .describe('Labels that the presets tell services (and environments) apart by.'),
  windowSeconds: seconds(10, hourSeconds, 300).describe('What the presets count over.'),
  goneSeconds,
  presets: presetSettings(presets, 'Loki')
    .prefault({})
    .describe('Rules for what any log shows (docs/loki.md).'),
  rules: ownRules(
    'LogQL that gives numbers, such as `sum by (service_name) (rate({…} |= "panic" [1m]))`',
    'Loki',
  ),
  lines: z
    .union([z.literal(false), lines])
    .prefault({})
    .describe('Lines that are read for new and louder messages; `false`: none.'),
  labels: z
    .strictObject({ service, workload, host, exporters, environment, component, resource })
    .prefault({})
    .describe('Which labels say whom a series or a line is about.'),
});
export type LokiSettings = z.output<typeof settings>;
