// What is asked, by what is configured: the presets that are on, and rules of one's own.

import { ownRule, presetRules, type Rule } from '../monitor-rules/rules.ts';
import { presets } from './presets.ts';
import type { LokiSettings } from './settings.ts';

export function rulesOf(settings: LokiSettings): readonly Rule[] {
  const { by, errors, selector, windowSeconds } = settings;
  return [
    ...presetRules(presets, settings, { by, errors, selector, windowSeconds }),
    ...settings.rules.map((rule) => ownRule(rule, settings)),
  ];
}
