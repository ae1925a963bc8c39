// What is configured of a Prometheus that is asked.

import { z } from 'zod';
import { labelSettings } from '../../ingest/events/label-settings.ts';
import {
  addressSettings,
  hourSeconds,
  ownRules,
  presetSettings,
  seconds,
  tenant,
} from '../monitor-rules/settings.ts';
import { presets } from './presets.ts';

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
  presets: presetSettings(presets, 'Prometheus')
    .prefault({})
    .describe('Rules for what node-exporter, cAdvisor and any scrape show (docs/prometheus.md).'),
  rules: ownRules('PromQL', 'Prometheus'),
  labels: z
    .strictObject({ service, workload, host, exporters, environment, component, resource })
    .prefault({})
    .describe('Which labels say whom a series is about.'),
});
export type PrometheusSettings = z.output<typeof settings>;
