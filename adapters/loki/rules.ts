// What is asked, by what is configured: the presets that are on, and rules of one's own.

import { ownRule, presetName, type Rule } from '../monitor-rules/rules.ts';
import { type Preset, presets } from './presets.ts';
import type { LokiSettings } from './settings.ts';

export function rulesOf(settings: LokiSettings): readonly Rule[] {
  const { by, errors, everySeconds, selector, windowSeconds } = settings;
  const surroundings = { by, errors, selector, windowSeconds };
  return [
    ...Object.entries<Preset>(presets).flatMap(([key, { query, fires, title, metric }]): readonly Rule[] => {
      const setting = settings.presets[key as keyof typeof settings.presets];
      if (setting === false) return [];
      const { limit, forSeconds, severity } = setting;
      return [
        {
          ...{ name: presetName(key), query: query(surroundings), fires, limit, severity, labels: {} },
          forMs: forSeconds * 1_000,
          everyMs: (setting.everySeconds ?? everySeconds) * 1_000,
          ofContainers: false,
          metric: metric ?? null,
          title: (value, found) => title(value, limit, found),
        },
      ];
    }),
    ...settings.rules.map((rule) => ownRule(rule, settings)),
  ];
}
