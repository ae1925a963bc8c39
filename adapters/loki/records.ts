// A line of a Loki as what its service wrote, told by somebody else.

import { infoSeverity, severityOfWord } from '../../domain/log/severity.ts';
import { readLogText } from '../../domain/log/words.ts';
import type { LogRecord } from '../../domain/observation.ts';
import type { Labels } from '../monitor-rules/api.ts';
import { createSubjectReader } from '../monitor-rules/subject.ts';
import type { Monitored } from '../monitor-vendor.ts';
import type { Line } from './api.ts';
import type { LokiSettings } from './settings.ts';

const levels = ['detected_level', 'level', 'severity', 'severity_text', 'lvl'];
/** Of lines whose labels name nobody. */
const nobody = { name: 'unknown_service', labels: {}, ofContainers: false };

/** `aheadMs`: of the clock over there. */
export function createRecordReader(
  settings: Pick<LokiSettings & Monitored, 'labels' | 'environments'>,
): (line: Line, aheadMs: number) => LogRecord {
  const [defaultEnvironment = ''] = settings.environments;
  const subjectOf = createSubjectReader(settings.labels);
  return ({ atNs, labels, text }, aheadMs) => {
    const words = readLogText(text);
    return {
      ...{ kind: 'log', fromOutside: true, scope: subjectOf(nobody, labels, defaultEnvironment) },
      atMs: Number(atNs / 1_000_000n) - aheadMs,
      severityNumber: levelIn(labels) ?? words.severityNumber ?? infoSeverity,
      body: words.text,
      attributes: labels,
    };
  };
}

function levelIn(labels: Labels): number | null {
  for (const name of levels) {
    const word = Object.hasOwn(labels, name) ? severityOfWord(labels[name] ?? '') : null;
    if (word !== null) return word;
  }
  return null;
}
