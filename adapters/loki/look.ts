// What a Loki holds of an incident's services: lines around the onset, errors first, and the courses of its rules.

import type { OutsideQuestion, OutsideSource } from '../../activities/ports/outside.ts';
import { mostOutsideLineChars, mostOutsideLines, type OutsideLine } from '../../domain/diagnosis/outside.ts';
import { cleanText } from '../../ingest/text.ts';
import { QueryRefused } from '../monitor-rules/api.ts';
import { lookByRules } from '../monitor-rules/look.ts';
import type { Monitored } from '../monitor-vendor.ts';
import type { Line, LokiApi } from './api.ts';
import { createRecordReader } from './records.ts';
import { rulesOf } from './rules.ts';
import type { LokiSettings } from './settings.ts';

/** Errors explain; what was said just before them says of what. */
const mostErrors = 150;
const beforeMs = 60_000;
const nsOfMs = 1_000_000n;

export function lookInto(settings: LokiSettings & Monitored, api: LokiApi): OutsideSource['look'] {
  const rules = rulesOf(settings);
  return async (question, signal) => {
    const [{ series, problem }, lines] = await Promise.all([
      lookByRules(settings, rules, api, question, signal),
      linesAbout(settings, api, question, signal),
    ]);
    return { series, lines: lines.lines, problem: problem ?? lines.problem };
  };
}

async function linesAbout(
  settings: LokiSettings & Monitored,
  api: LokiApi,
  { environment, services, onsetMs, toMs }: OutsideQuestion,
  signal: AbortSignal,
): Promise<{ readonly lines: readonly OutsideLine[]; readonly problem: string | null }> {
  const { selector, errors, labels } = settings;
  const aheadMs = api.aheadMs();
  const ofServices = `${selector} | ${namedBy(labels.service, services)}`;
  const range = (limit: number, fromMs: number) => ({
    fromNs: BigInt(Math.floor(fromMs + aheadMs)) * nsOfMs,
    toNs: BigInt(Math.ceil(toMs + aheadMs)) * nsOfMs,
    limit,
  });
  try {
    const [wrong, all] = await Promise.all([
      api.lines(`${ofServices} ${errors}`, range(mostErrors, onsetMs - beforeMs), signal),
      api.lines(ofServices, range(mostOutsideLines, onsetMs - beforeMs / 2), signal),
    ]);
    const recordOf = createRecordReader(settings);
    const read = (line: Line) => ({ line, record: recordOf(line, aheadMs) });
    const found = [...wrong, ...all]
      .filter(isFirst())
      .map(read)
      .filter(
        ({ record: { scope } }) => scope.environment === environment && services.includes(scope.service),
      )
      .slice(0, mostOutsideLines)
      .sort((a, b) => (a.line.atNs < b.line.atNs ? -1 : a.line.atNs > b.line.atNs ? 1 : 0));
    const lines = found.map(({ line, record: { atMs, scope, severityNumber } }) => ({
      ...{ atMs, service: scope.service, severityNumber },
      text: cleanText(line.text, mostOutsideLineChars),
    }));
    const isMore = wrong.length === mostErrors || all.length === mostOutsideLines;
    return { lines, problem: isMore ? `there are more lines than the ${lines.length} that are kept` : null };
  } catch (error) {
    if (!(error instanceof QueryRefused)) throw error;
    return { lines: [], problem: `lines: ${error.message}` };
  }
}

/** Whichever of the labels names them. */
function namedBy(labels: readonly string[], services: readonly string[]): string {
  const names = services.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  // A label of Loki has no dots or dashes.
  return labels
    .filter((label) => /^[a-zA-Z_]\w*$/.test(label))
    .map((label) => `${label} =~ ${JSON.stringify(names)}`)
    .join(' or ');
}

function isFirst(): (line: Line) => boolean {
  const seen = new Set<string>();
  return ({ atNs, labels, text }) => {
    const key = JSON.stringify([`${atNs}`, labels, text]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  };
}
