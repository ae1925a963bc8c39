// What is configured of a Prometheus that is asked.

import { z } from 'zod';
import { labelSettings } from '../../ingest/events/label-settings.ts';
import {
  addressSettings,
  hourSeconds,
  ownRules,
  presetSetting,
  seconds,
  tenant,
} from '../monitor-rules/settings.ts';
import { type PresetName, presets } from './presets.ts';

const presetSettings = z
  .strictObject(
    Object.fromEntries(
      Object.entries(presets).map(([name, preset]) => [name, presetSetting(preset, 'Prometheus')]),
    ) as Record<PresetName, ReturnType<typeof presetSetting>>,
  )
  .prefault({})
  .describe('Rules for what node-exporter, cAdvisor and any scrape show (docs/prometheus.md).');

const { service, workload, host, exporters, environment, component, resource } = labelSettings;

const matcher = '[a-zA-Z_][a-zA-Z0-9_]*(?:=|!=|=~|!~)"(?:[^"\\\\\\n]|\\\\.)*"';

const { url, username, everySeconds, timeoutSeconds, goneSeconds } = addressSettings(
  'Prometheus, Thanos, Mimir or VictoriaMetrics',
  '/api/v1',
);

export const settings = z.strictObject({
  url,
  username,
  tenant: tenant.describe('Sent as `X-Scope-OrgID`, for Mimir and Cortex.'),
  everySeconds,
  timeoutSeconds,
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
  windowSeconds: seconds(10, hourSeconds, 300).describe(
    'What rates of the presets are taken over: at least four times the scrape interval.',
  ),
  goneSeconds,
  presets: presetSettings,
  rules: ownRules('PromQL', 'Prometheus'),
  labels: z
    .strictObject({ service, workload, host, exporters, environment, component, resource })
    .prefault({})
    .describe('Which labels say whom a series is about.'),
});
export type PrometheusSettings = z.output<typeof settings>;
