// What a model may cite besides the evidence of the statistics: the anomalies, the loudest log messages, the latest
// changes. Without them there would be nothing to cite exactly when the statistics found nothing. Stored with the rest of
// the evidence, so that every id a claim cites can be looked up. Findings hold names and numbers only, never text.

import type { Evidence } from '../diagnosis/diagnosis.ts';
import type { DiagnosisInput } from '../diagnosis/input.ts';
import { round, seconds, shown } from '../diagnosis/names.ts';
import { thresholds } from '../diagnosis/thresholds.ts';
import { type LoudTemplate, loudTemplates } from './log-leads.ts';

const keptAnomalies = 20;
const keptChanges = 12;

/** Evidence for citing, with what it stands for: the same input always gives the same ids. */
export type Leads = {
  readonly evidence: readonly Evidence[];
  readonly templates: ReadonlyMap<string, LoudTemplate>;
  readonly changes: ReadonlyMap<string, DiagnosisInput['changes'][number]>;
};

/** Ids are `A…` for anomalies, `L…` for log messages, `C…` for changes; `A2.1` in a second analysis. */
export function findLeads(input: DiagnosisInput, analysis: number): Leads {
  const id = (letter: string, index: number) =>
    analysis === 1 ? `${letter}${index + 1}` : `${letter}${analysis}.${index + 1}`;
  const templates = new Map(loudTemplates(input).map((loud, index) => [id('L', index), loud]));
  const changes = new Map(latestChanges(input).map((change, index) => [id('C', index), change]));
  const anomalies = [...input.anomalies].sort(byOnset).slice(0, keptAnomalies);
  return {
    templates,
    changes,
    evidence: [
      ...anomalies.map((anomaly, index) => anomalyEvidence(anomaly, id('A', index))),
      ...[...templates].map(([key, loud]) => logEvidence(loud, key, input)),
      ...[...changes].map(([key, change]) => changeEvidence(change, key, input)),
    ],
  };
}

function latestChanges(input: DiagnosisInput): DiagnosisInput['changes'] {
  return input.changes
    .filter(({ atMs }) => atMs <= input.nowMs && atMs > input.onsetMs - thresholds.change.maxAgeMs)
    .sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? -1 : 1))
    .slice(0, keptChanges);
}

type Anomaly = DiagnosisInput['anomalies'][number];

function byOnset(a: Anomaly, b: Anomaly): number {
  return a.onsetMs - b.onsetMs || (a.id < b.id ? -1 : 1);
}

function anomalyEvidence(anomaly: Anomaly, id: string): Evidence {
  const { scope, onsetMs, detectedMs, metric, direction, expected, seen } = anomaly;
  return {
    id,
    source: 'detection',
    provenance: anomaly.detector === 'external' ? 'reported' : 'measured',
    scope,
    fromMs: onsetMs,
    toMs: detectedMs,
    finding: `Anomaly at ${shown(scope.service)}: ${shown(metric)} went ${direction}, expected ${round(expected)}, seen ${round(seen)}.`,
    figures: { expected: finite(expected), seen: finite(seen) },
  };
}

function logEvidence(
  loud: LoudTemplate,
  id: string,
  { environment, onsetMs, nowMs }: DiagnosisInput,
): Evidence {
  const { service, templateId, severityNumber, beforePerSecond, nowPerSecond } = loud;
  return {
    id,
    source: 'logs',
    provenance: 'measured',
    scope: { environment, service },
    fromMs: onsetMs,
    toMs: nowMs,
    finding: `A log message of ${shown(service)} (template ${shown(templateId)}, severity ${severityNumber}) went from ${round(beforePerSecond)} to ${round(nowPerSecond)} per second.`,
    figures: { beforePerSecond: round(beforePerSecond), nowPerSecond: round(nowPerSecond) },
  };
}

function changeEvidence(
  { service, type, atMs }: DiagnosisInput['changes'][number],
  id: string,
  { environment, onsetMs }: DiagnosisInput,
): Evidence {
  const when = atMs <= onsetMs ? `${seconds(onsetMs - atMs)} before` : `${seconds(atMs - onsetMs)} after`;
  return {
    id,
    source: 'changes',
    provenance: 'reported',
    scope: { environment, service },
    fromMs: atMs,
    toMs: atMs,
    finding: `A change (${shown(type)}) of ${shown(service)}, ${when} the onset.`,
    figures: { beforeOnsetSeconds: round((onsetMs - atMs) / 1_000) },
  };
}

function finite(value: number): number {
  return Number.isFinite(value) ? round(value) : 0;
}
