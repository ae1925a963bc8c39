// What is configured of a Prometheus that is asked.

import { z } from 'zod';
import { labelSettings } from '../../ingest/events/label-settings.ts';
import { httpUrl } from '../network/settings.ts';
import { type Preset, type PresetName, presets } from './presets.ts';

const seconds = (least: number, most: number, fallback: number) =>
  z.int().min(least).max(most).default(fallback);
const hour = 3_600;
const severity = z.enum(['critical', 'warning', 'info']);
const forSeconds = (fallback: number) =>
  seconds(0, 24 * hour, fallback).describe('How long it has to be so before it is an alert.');
const everySeconds = z
  .int()
  .min(15)
  .max(hour)
  .optional()
  .describe('How often it is asked for. Default: `everySeconds` of this Prometheus.');

function presetSetting({ about, limit, fires, forSeconds: lasts, severity: grave }: Preset) {
  const own = z.strictObject({
    limit: z.number().default(limit).describe(`An alert is what is ${fires} it.`),
    forSeconds: forSeconds(lasts),
    severity: severity.default(grave),
    everySeconds,
  });
  const usual = `{ limit: ${limit}, forSeconds: ${lasts}, severity: ${grave} }`;
  return z
    .union([z.literal(false), own])
    .prefault({})
    .describe(
      `${about}. What is ${fires} the limit is an alert. Default: \`${usual}\`; it may have \`everySeconds\` of its own, and \`false\` turns it off.`,
    );
}
export type PresetSetting = Exclude<z.output<ReturnType<typeof presetSetting>>, false>;

const presetSettings = z
  .strictObject(
    Object.fromEntries(
      Object.entries(presets).map(([name, preset]) => [name, presetSetting(preset)]),
    ) as Record<PresetName, ReturnType<typeof presetSetting>>,
  )
  .prefault({})
  .describe('Rules for what node-exporter, cAdvisor and any scrape show (docs/prometheus.md).');

const ownRule = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'expected lower-case letters, digits and -')
      .describe('Names its alerts. One that is renamed tells its alerts anew.'),
    query: z.string().min(1).max(10_000).describe('PromQL.'),
    above: z.number().optional().describe('An alert is each series above it.'),
    below: z.number().optional().describe('An alert is each series below it.'),
    absent: z
      .boolean()
      .default(false)
      .describe('An alert is that the query finds nothing. `labels` should say whom it is about.'),
    forSeconds: forSeconds(60),
    everySeconds,
    severity: severity.default('warning').describe('Severity of its alerts.'),
    labels: z
      .record(z.string().max(100), z.string().max(200))
      .default({})
      .describe('Labels of its alerts, over those of the series: `{ service: checkout }`.'),
    metric: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe(
        'Keeps the values under this name, as telemetry of the service: they are watched, and evidence.',
      ),
    title: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('What it says, with `{value}` and labels such as `{instance}`.'),
  })
  .refine(
    ({ above, below, absent }) =>
      [above !== undefined, below !== undefined, absent].filter(Boolean).length <= 1,
    'has one of above, below and absent, or none: then each series of the answer is an alert',
  );
export type OwnRule = z.output<typeof ownRule>;

const { service, workload, host, exporters, environment, component, resource } = labelSettings;

const matcher = '[a-zA-Z_][a-zA-Z0-9_]*(?:=|!=|=~|!~)"(?:[^"\\\\\\n]|\\\\.)*"';

export const settings = z.strictObject({
  url: httpUrl
    .refine((url) => new URL(url).username === '' && new URL(url).search === '', {
      error: 'expected a URL without user name, password and query',
    })
    .describe(
      'Where it answers: Prometheus, Thanos, Mimir or VictoriaMetrics, with the path before `/api/v1`.',
    ),
  username: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('For basic authentication; the secret is its password.'),
  tenant: z.string().min(1).max(200).optional().describe('Sent as `X-Scope-OrgID`, for Mimir and Cortex.'),
  everySeconds: seconds(15, hour, 30).describe('How often each rule is asked for.'),
  timeoutSeconds: seconds(1, 60, 10).describe('How long one query may take.'),
  match: z
    .string()
    .max(1_000)
    .regex(
      new RegExp(`^(?:${matcher}(?:,${matcher})*)?$`),
      'expected matchers such as cluster="a",env=~"prod.*"',
    )
    .default('')
    .describe(
      'Matchers for every selector of the presets, for a Prometheus that holds more: `cluster="eu-1"`.',
    ),
  windowSeconds: seconds(10, hour, 300).describe(
    'What rates of the presets are taken over: at least four times the scrape interval.',
  ),
  goneSeconds: seconds(0, 24 * hour, hour).describe(
    'How long an alert goes on when its series is gone: whether it is over, nobody can tell then. Alerts of rules without a limit end at once.',
  ),
  presets: presetSettings,
  rules: z
    .array(ownRule)
    .max(500)
    .default([])
    .superRefine((rules, context) => {
      const seen = new Set<string>();
      for (const [index, { name }] of rules.entries()) {
        if (seen.has(name))
          context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is used twice` });
        seen.add(name);
      }
    })
    .describe('Rules of your own.'),
  labels: z
    .strictObject({ service, workload, host, exporters, environment, component, resource })
    .prefault({})
    .describe('Which labels say whom a series is about.'),
});
export type PrometheusSettings = z.output<typeof settings>;
