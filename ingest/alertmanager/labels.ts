// Which labels of an alert say what it is about. Prometheus has no fixed names for these.

import type { Severity } from '../../domain/scope.ts';

/** For each part the label names to look at, in order: the first that is there and not empty counts. */
export type AlertmanagerLabels = {
  readonly service: readonly string[];
  readonly environment: readonly string[];
  readonly component: readonly string[];
  readonly resource: readonly string[];
  readonly severity: readonly string[];
};

/** Words that are in use for it; an unknown one is a warning, so that a misspelt severity neither hides nor pages. */
const words: Readonly<Record<Severity, readonly string[]>> = {
  critical: ['critical', 'crit', 'fatal', 'emergency', 'page', 'high', 'error', 'p1', 'sev1'],
  warning: ['warning', 'warn', 'medium', 'ticket', 'p2', 'sev2'],
  info: ['info', 'information', 'informational', 'notice', 'low', 'none', 'ok', 'debug'],
};

export function severityOf(word: string | undefined): Severity {
  const lower = word?.trim().toLowerCase() ?? '';
  if (words.critical.includes(lower)) return 'critical';
  return words.info.includes(lower) ? 'info' : 'warning';
}
