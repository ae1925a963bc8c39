// Whom a series is about, by its labels, as for alerts of the same Prometheus. Few labels say it, and they come again in thousands of
// series: what they say is remembered.

import { containerServiceLabels, withContainerNamed } from '../../../domain/alerts/container-labels.ts';
import { defaultSeverityWords } from '../../../domain/alerts/severity-words.ts';
import type { Attributes } from '../../../domain/observation.ts';
import { redactValue } from '../../../domain/redaction/redact.ts';
import type { Scope } from '../../../domain/scope.ts';
import { type LabelSettings, readLabels } from '../../events/label-settings.ts';
import type { IngestLimits } from '../../limits.ts';
import { cleanText } from '../../text.ts';
import type { RemoteWriteSettings } from './config.ts';
import { typeLabel, unitLabel } from './request.ts';

export type Labels = ReadonlyMap<string, string>;

export type Subject = {
  readonly scope: Scope;
  /** No label says which service, or which environment. */
  readonly serviceUnknown: boolean;
  readonly environmentUnknown: boolean;
  /** What its instance can be found by in an orchestrator. */
  readonly resource: Attributes | null;
  /** Labels that are said by the scope. */
  readonly said: ReadonlySet<string>;
};

export const unknownService = 'unknown_service';
/** What readLabels answers when no label says anything. */
const nothingSaid = 'alerts';
const mostRemembered = 20_000;

const found = {
  namespace: 'k8s.namespace.name',
  pod: 'k8s.pod.name',
  container: 'k8s.container.name',
  node: 'k8s.node.name',
  nodename: 'host.name',
} as const;

export class Subjects {
  readonly #settings: RemoteWriteSettings;
  readonly #labelSettings: LabelSettings;
  readonly #telling: ReadonlySet<string>;
  readonly #ignored: ReadonlySet<string>;
  readonly #known = new Map<string, Subject>();

  constructor(settings: RemoteWriteSettings) {
    const { service, workload, host, environment, component, resource, ignoredLabels } = settings;
    this.#settings = settings;
    this.#labelSettings = { ...settings, severity: [], severities: wordsOfSeverity };
    const telling = [
      ...[...service, ...workload, ...host, ...environment, ...component, ...resource],
      ...[...Object.keys(found), 'name', 'image', ...containerServiceLabels],
    ];
    this.#telling = new Set([...telling, ...telling.map((name) => `exported_${name}`)]);
    this.#ignored = new Set(['__name__', typeLabel, unitLabel, 'le', ...ignoredLabels]);
  }

  of(labels: Labels, limits: IngestLimits, defaultEnvironment: string): Subject {
    let key = '';
    for (const [name, value] of labels) if (this.#telling.has(name)) key += `${name}\u0000${value}\u0000`;
    let subject = this.#known.get(key);
    if (subject === undefined) {
      subject = this.#read(labels, limits, defaultEnvironment);
      const [oldest] = this.#known.keys();
      if (this.#known.size >= mostRemembered && oldest !== undefined) this.#known.delete(oldest);
      this.#known.set(key, subject);
    }
    return subject;
  }

  /** The labels that tell its series apart, bounded. `cut`: how many had no room. */
  attributesOf(
    labels: Labels,
    { said }: Subject,
    limits: IngestLimits,
  ): { readonly attributes: Record<string, string>; readonly cut: number } {
    const attributes: Record<string, string> = {};
    let kept = 0;
    let cut = 0;
    for (const [given, value] of labels) {
      if (said.has(given) || this.#ignored.has(given)) continue;
      const name = cleanText(given, limits.maxAttributeKeyChars);
      // `__proto__` would set the prototype instead of a property.
      if (name === '' || name === '__proto__' || kept >= limits.maxAttributes) {
        cut += 1;
        continue;
      }
      attributes[name] = redactValue(name, cleanText(value, limits.maxAttributeValueChars));
      kept += 1;
    }
    return { attributes, cut };
  }

  #read(labels: Labels, limits: IngestLimits, defaultEnvironment: string): Subject {
    const said = readLabels(
      withContainerNamed(Object.fromEntries(labels)),
      this.#labelSettings,
      [],
      limits.maxNameChars,
    );
    const serviceUnknown = said.service === nothingSaid && ![...labels.values()].includes(nothingSaid);
    const service = serviceUnknown ? unknownService : said.service;
    const { component, resourceId } = said;
    const scope: Scope = {
      environment: said.environment || defaultEnvironment,
      service,
      ...(component === '' ? {} : { component }),
      ...(resourceId === null ? {} : { resourceId }),
    };
    const values = new Set(Object.values(scope));
    const { environment } = this.#settings;
    return {
      scope,
      serviceUnknown,
      environmentUnknown: said.environment === '',
      resource: resourceId === null ? null : resourceOf(labels, limits),
      said: new Set(
        [...labels].flatMap(([name, value]) =>
          environment.includes(name) || (this.#telling.has(name) && values.has(value)) ? [name] : [],
        ),
      ),
    };
  }
}

const wordsOfSeverity = {
  critical: [...defaultSeverityWords.critical],
  warning: [...defaultSeverityWords.warning],
  info: [...defaultSeverityWords.info],
};

function resourceOf(labels: Labels, limits: IngestLimits): Attributes | null {
  const entries = Object.entries(found).flatMap(([label, name]) => {
    const value = cleanText(labels.get(label) ?? '', limits.maxNameChars);
    return value === '' ? [] : [[name, value] as const];
  });
  return entries.length === 0 ? null : Object.fromEntries(entries);
}
