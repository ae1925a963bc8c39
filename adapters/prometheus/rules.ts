// What is asked, by what is configured: the presets that are on, and rules of one's own.

import { ownRule, presetName, type Rule } from '../monitor-rules/rules.ts';
import type { PresetSetting } from '../monitor-rules/settings.ts';
import { type Preset, presets } from './presets.ts';
import type { PrometheusSettings } from './settings.ts';

export function rulesOf(settings: PrometheusSettings): readonly Rule[] {
  return [
    ...Object.entries<Preset>(presets).flatMap(([name, preset]) => {
      const setting = settings.presets[name as keyof typeof settings.presets];
      return setting === false ? [] : [presetRule(presetName(name), preset, setting, settings)];
    }),
    ...settings.rules.map((rule) => ownRule(rule, settings)),
  ];
}

function presetRule(
  name: string,
  { query, title, fires, metric }: Preset,
  { limit, forSeconds, severity, everySeconds }: PresetSetting,
  settings: PrometheusSettings,
): Rule {
  const { match, windowSeconds, labels } = settings;
  return {
    ...{ name, fires, limit, severity, labels: {} },
    query: query({ match, windowSeconds, environmentLabels: labels.environment }),
    forMs: forSeconds * 1_000,
    everyMs: (everySeconds ?? settings.everySeconds) * 1_000,
    ofContainers: name.startsWith('container'),
    metric: metric ?? null,
    title: (value, found) => title(value, limit, found),
  };
}
