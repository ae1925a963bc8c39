// Which labels of an alert say what. Prometheus has no fixed names for these.

import type { SeverityWords } from '../../domain/alerts/severity-words.ts';
import type { SubjectLabels } from '../../domain/alerts/subject.ts';

/** For each part the label names to look at, in order: the first that is there and not empty counts. */
export type AlertmanagerLabels = SubjectLabels & {
  readonly environment: readonly string[];
  readonly component: readonly string[];
  readonly severity: readonly string[];
  /** What their words mean. */
  readonly severities: SeverityWords;
};
