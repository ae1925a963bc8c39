// What is asked, by what is configured: the presets that are on, and rules of one's own.

import { ownRule, presetRules, type Rule } from '../monitor-rules/rules.ts';
import { presets } from './presets.ts';
import type { PrometheusSettings } from './settings.ts';

export function rulesOf(settings: PrometheusSettings): readonly Rule[] {
  const { match, windowSeconds, labels } = settings;
  const surroundings = { match, windowSeconds, environmentLabels: labels.environment };
  return [
    ...presetRules(presets, settings, surroundings, (key) => key.startsWith('container')),
    ...settings.rules.map((rule) => ownRule(rule, settings)),
  ];
}
