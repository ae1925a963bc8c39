// How alerts are read whose labels (or tags) have no fixed names: which of them name the service, the environment, the severity.

import { z } from 'zod';
import { type Common, commonOf } from '../../domain/alerts/common.ts';
import { defaultSeverityWords, type SeverityWords, severityOf } from '../../domain/alerts/severity-words.ts';
import { defaultSubjectLabels, subjectOf } from '../../domain/alerts/subject.ts';
import type { Severity } from '../../domain/scope.ts';
import { cleanText } from '../text.ts';

const labelNames = (what: string, ...names: string[]) =>
  z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_./-]{0,99}$/, 'expected the name of a label'))
    .max(20)
    .default(names)
    .describe(`Labels that hold ${what}. The first one present is used.`);

const severityWords = (severity: Severity, words: SeverityWords) =>
  z
    .array(z.string().min(1).max(100))
    .max(100)
    .default([...words[severity]])
    .describe(`Words that mean ${severity}.`);

type LabelDefaults = Partial<
  Record<'service' | 'workload' | 'host' | 'environment' | 'resource' | 'severity', readonly string[]>
> & { readonly severities?: SeverityWords };

/** With the names that a sender's own labels have, where they differ from what most have. */
export const labelSettingsWith = ({
  service = defaultSubjectLabels.service,
  workload = defaultSubjectLabels.workload,
  host = defaultSubjectLabels.host,
  environment = ['environment', 'env'],
  resource = defaultSubjectLabels.resource,
  severity = ['severity', 'priority'],
  severities = defaultSeverityWords,
}: LabelDefaults) => ({
  service: labelNames('the service (names of exporters are ignored)', ...service).pipe(
    z.array(z.string()).min(1),
  ),
  workload: labelNames(
    'the Kubernetes workload; pods, replica sets and jobs count as the workload that owns them',
    ...workload,
  ),
  host: labelNames('the machine or the probed address', ...host),
  exporters: z
    .array(z.string().min(1).max(200))
    .max(100)
    .default([...defaultSubjectLabels.exporters])
    .describe(
      'Names of exporters; `*` is a wildcard. Their alerts are about the workload or machine they observe, not about the exporter.',
    ),
  environment: labelNames('the environment (default: `defaultEnvironment`)', ...environment),
  component: labelNames('the component of the service', 'component'),
  resource: labelNames('the running instance', ...resource),
  severity: labelNames('the severity', ...severity),
  severities: z
    .strictObject({
      critical: severityWords('critical', severities),
      warning: severityWords('warning', severities),
      info: severityWords('info', severities),
    })
    .prefault({})
    .describe(
      'How severity values are mapped. Case and separators are ignored. Numbers (`P1`, `SEV-2`, `S3`, `4`) are understood as well: 0 and 1 are critical, 2 and 3 warning, higher ones info. Unknown words are warnings.',
    ),
});

export const labelSettings = labelSettingsWith({});

const labelsSchema = z.strictObject(labelSettings);
/** For each part the label names to look at, in order: the first that is there and not empty counts. */
export type LabelSettings = z.output<typeof labelsSchema>;

export type Labelled = {
  readonly environment: string;
  readonly service: string;
  readonly component: string;
  readonly resourceId: string | null;
  readonly severity: Severity;
  /** A machine's own alert says which machine. */
  readonly common: Common;
  /** All of them, as they were given. */
  readonly labels: Readonly<Record<string, string>>;
};

/** What labels say; `rough`: what the alert is about, and `word`: how grave it is, when none of them does. */
export function readLabels(
  labels: Readonly<Record<string, string>>,
  settings: LabelSettings,
  rough: readonly string[],
  maxChars: number,
  word = '',
): Labelled {
  const value = (name: string): string =>
    Object.hasOwn(labels, name) ? cleanText(labels[name] ?? '', maxChars) : '';
  const first = (names: readonly string[]): string => names.map(value).find((text) => text !== '') ?? '';
  const { kind, service, resourceId } = subjectOf(value, settings, rough);
  return {
    environment: first(settings.environment),
    service,
    resourceId,
    common: { ...(kind === 'machine' ? { node: service } : {}), ...commonOf(value) },
    component: first(settings.component),
    severity: severityOf(first(settings.severity) || word, settings.severities),
    labels,
  };
}
