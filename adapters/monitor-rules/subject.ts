// Whom a series is about, and what tells it apart from others of the same rule.

import { createHash } from 'node:crypto';
import { withContainerNamed } from '../../domain/alerts/container-labels.ts';
import { defaultSeverityWords } from '../../domain/alerts/severity-words.ts';
import type { Scope } from '../../domain/scope.ts';
import { type LabelSettings, readLabels } from '../../ingest/events/label-settings.ts';
import type { Labels } from './api.ts';
import type { Rule } from './rules.ts';

const maxChars = 200;

export type SubjectReader = (
  rule: Pick<Rule, 'name' | 'labels' | 'ofContainers'>,
  labels: Labels,
  defaultEnvironment: string,
) => Scope;

/** Which labels name what; how grave it is, the rule says. */
export type SubjectSettings = Omit<LabelSettings, 'severity' | 'severities'>;

export function createSubjectReader(settings: SubjectSettings): SubjectReader {
  const severities = {
    critical: [...defaultSeverityWords.critical],
    warning: [...defaultSeverityWords.warning],
    info: [...defaultSeverityWords.info],
  };
  const reading: LabelSettings = { ...settings, severity: [], severities };
  return (rule, labels, defaultEnvironment) => {
    const said = readLabels(
      { ...withContainerNamed(labels, rule.ofContainers), ...rule.labels },
      reading,
      [rule.name],
      maxChars,
    );
    const { service, component, resourceId } = said;
    return {
      environment: said.environment || defaultEnvironment,
      service,
      ...(component === '' ? {} : { component }),
      ...(resourceId === null ? {} : { resourceId }),
    };
  };
}

/** The same for the same labels, in whatever order. */
export function keyOf(labels: Labels): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}
