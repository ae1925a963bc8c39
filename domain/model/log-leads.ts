// Which log messages are worth a model's attention: new, much louder than before, or errors; per service and template.

import { group } from '../diagnosis/grouping.ts';
import type { DiagnosisInput } from '../diagnosis/input.ts';
import { thresholds } from '../diagnosis/thresholds.ts';

const kept = 15;
const errorSeverity = 17;

export type LoudTemplate = {
  readonly service: string;
  readonly templateId: string;
  /** Text of somebody else's program: data, wherever it goes. */
  readonly template: string;
  readonly severityNumber: number;
  readonly beforePerSecond: number;
  readonly nowPerSecond: number;
};

/** The most telling first. */
export function loudTemplates({ logs, onsetMs, nowMs }: DiagnosisInput): readonly LoudTemplate[] {
  const { baselineMs, guardMs } = thresholds.window;
  const beforeToMs = onsetMs - guardMs;
  const rate = (rows: DiagnosisInput['logs'], fromMs: number, toMs: number) =>
    rows.reduce((sum, { atMs, count }) => sum + (atMs >= fromMs && atMs < toMs ? count : 0), 0) /
    Math.max(1, (toMs - fromMs) / 1_000);
  const found = [...group(logs, ({ service, templateId }) => `${service}\n${templateId}`).values()].flatMap(
    (rows) => {
      const [first] = rows;
      if (first === undefined) return [];
      const { service, templateId, template } = first;
      const severityNumber = rows.reduce((worst, row) => Math.max(worst, row.severityNumber), 0);
      const beforePerSecond = rate(rows, beforeToMs - baselineMs, beforeToMs);
      const nowPerSecond = rate(rows, onsetMs, nowMs + 1);
      if (nowPerSecond === 0) return [];
      return { service, templateId, template, severityNumber, beforePerSecond, nowPerSecond };
    },
  );
  return found
    .filter((loud) => weight(loud) > 0)
    .sort((a, b) => weight(b) - weight(a) || (key(a) < key(b) ? -1 : 1))
    .slice(0, kept);
}

function weight({ severityNumber, beforePerSecond, nowPerSecond }: LoudTemplate): number {
  const rise = Math.log2((nowPerSecond + 0.1) / (beforePerSecond + 0.1));
  return (severityNumber >= errorSeverity ? 2 : severityNumber >= 13 ? 0.5 : 0) + Math.max(0, rise - 0.5);
}

function key({ service, templateId }: LoudTemplate): string {
  return `${service}\n${templateId}`;
}
