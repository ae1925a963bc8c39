// A rule: what is asked now and then, and which of its answers are alerts.

import { plainNumber } from '../../domain/detection/names.ts';
import type { Severity } from '../../domain/scope.ts';
import type { Labels } from './api.ts';
import type { OwnRule, PresetDefaults, PresetSettings } from './settings.ts';

export type Rule = {
  readonly name: string;
  readonly query: string;
  /** `any`: every series of the answer fires; `none`: that there is no answer fires. */
  readonly fires: 'above' | 'below' | 'any' | 'none';
  readonly limit: number;
  readonly forMs: number;
  readonly everyMs: number;
  readonly severity: Severity;
  /** Of all its alerts, over those of the series. */
  readonly labels: Labels;
  /** Its series are cAdvisor's. */
  readonly ofContainers: boolean;
  /** As what its values are kept. `attributes`: null for all that say nothing else. */
  readonly metric: {
    readonly name: string;
    readonly unit: string;
    readonly attributes: readonly string[] | null;
  } | null;
  readonly title: (value: number, labels: Labels) => string;
};

export function ownRule(rule: OwnRule, usual: { readonly everySeconds: number }): Rule {
  const { name, query, above, below, absent, forSeconds, severity, labels, metric, title } = rule;
  const fires = absent ? 'none' : above !== undefined ? 'above' : below !== undefined ? 'below' : 'any';
  const said = title ?? (absent ? `${name}: there is none` : `${name}: {value}`);
  return {
    ...{ name, query, fires, severity, labels, limit: above ?? below ?? 0 },
    forMs: forSeconds * 1_000,
    everyMs: (rule.everySeconds ?? usual.everySeconds) * 1_000,
    ofContainers: false,
    metric: metric === undefined ? null : { name: metric, unit: '', attributes: null },
    title: (value, found) =>
      said.replace(/\{(\w{1,100})\}/g, (_, label: string) =>
        label === 'value' ? plainNumber(value) : (found[label] ?? ''),
      ),
  };
}

/** A rule that is there without being asked for. `Surroundings`: what its query is made from. */
export type Preset<Surroundings> = PresetDefaults & {
  readonly query: (surroundings: Surroundings) => string;
  readonly title: (value: number, limit: number, labels: Labels) => string;
  /** As what its values are kept, with these labels. */
  readonly metric?: { readonly name: string; readonly unit: string; readonly attributes: readonly string[] };
};

/** The presets that are on. */
export function presetRules<Surroundings>(
  presets: Readonly<Record<string, Preset<Surroundings>>>,
  settings: { readonly presets: PresetSettings; readonly everySeconds: number },
  surroundings: Surroundings,
  isOfContainers: (key: string) => boolean = () => false,
): readonly Rule[] {
  return Object.entries(presets).flatMap(([key, { query, fires, title, metric }]): readonly Rule[] => {
    const setting = settings.presets[key];
    if (setting === undefined || setting === false) return [];
    const { limit, forSeconds, severity, everySeconds } = setting;
    return [
      {
        ...{ name: presetName(key), query: query(surroundings), fires, limit, severity, labels: {} },
        forMs: forSeconds * 1_000,
        everyMs: (everySeconds ?? settings.everySeconds) * 1_000,
        ofContainers: isOfContainers(key),
        metric: metric ?? null,
        title: (value, found) => title(value, limit, found),
      },
    ];
  });
}

/** `nodeMemory` is told as `node-memory`. */
function presetName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
