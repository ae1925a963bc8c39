// What a silence can ask about: a finding's labels. What Sentinel itself reads out of an alert and what its sender calls it may
// differ (`severity` "critical" and "page"), so a label may have more than one value, and either may be meant.

import type { Anomaly } from '../detection/anomaly.ts';
import type { Scope } from '../scope.ts';

export type LabelSet = Readonly<Record<string, readonly string[]>>;

/** A sender's labels are kept as far as this goes. */
const most = { labels: 40, name: 100, value: 200, characters: 4_000 } as const;

/** Labels as a sender gave them, clean and bounded; undefined when there are none. */
export function boundedLabels(
  given: Readonly<Record<string, string>>,
  clean: (name: string, text: string, maxCharacters: number) => string,
): Readonly<Record<string, string>> | undefined {
  const kept: [string, string][] = [];
  let characters = 0;
  for (const [name, text] of Object.entries(given)) {
    if (kept.length === most.labels) break;
    if (name.length > most.name || !/^[\x21-\x7e]+$/.test(name)) continue;
    const value = clean(name, text, most.value);
    characters += name.length + value.length;
    if (value === '' || characters > most.characters) continue;
    kept.push([name, value]);
  }
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

type Labelled = Pick<Anomaly, 'scope' | 'detector' | 'signal' | 'severity' | 'metric' | 'common' | 'labels'>;

export function labelsOfAnomaly(anomaly: Labelled): LabelSet {
  const { scope, detector, signal, severity, metric, common = {}, labels = {} } = anomaly;
  const { rule, ...rest } = common;
  return merged([
    ...scopeLabels(scope),
    ['detector', detector],
    ['signal', signal],
    ['severity', severity],
    ['metric', metric],
    ...(rule === undefined ? [] : [['alertname', rule] as const]),
    ...Object.entries(rest),
    ...Object.entries(labels),
  ]);
}

/** Of what is acted on. */
export function labelsOfScope(scope: Scope): LabelSet {
  return merged(scopeLabels(scope));
}

function scopeLabels({ environment, service, component, resourceId }: Scope): readonly Label[] {
  return [
    ['environment', environment],
    ['service', service],
    ...(component === undefined ? [] : [['component', component] as const]),
    ...(resourceId === undefined ? [] : [['resource', resourceId] as const]),
  ];
}

type Label = readonly [string, string];

function merged(all: readonly Label[]): LabelSet {
  const values = new Map<string, string[]>();
  for (const [name, value] of all) {
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else if (!known.includes(value)) known.push(value);
  }
  return Object.fromEntries(values);
}

/** The same labels, with what Sentinel calls them also under the names that somebody else has for them. */
export function withOtherNames(
  labels: LabelSet,
  names: Readonly<Record<string, readonly string[]>>,
): LabelSet {
  const more = Object.entries(names).flatMap(([own, others]) =>
    others
      .filter((other) => !Object.hasOwn(labels, other))
      .map((other) => [other, labels[own] ?? []] as const),
  );
  return more.length === 0 ? labels : { ...labels, ...Object.fromEntries(more) };
}
