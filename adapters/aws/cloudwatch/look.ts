// What a CloudWatch holds of an incident's services: lines of their log groups around the onset, and the courses of their metrics.

import type { OutsideQuestion, OutsideSource } from '../../../activities/ports/outside.ts';
import {
  mostOutsideLineChars,
  mostOutsideLines,
  mostOutsideSeries,
  type OutsideLine,
  type OutsideSeries,
} from '../../../domain/diagnosis/outside.ts';
import { infoSeverity } from '../../../domain/log/severity.ts';
import { readLogText } from '../../../domain/log/words.ts';
import { cleanText } from '../../../ingest/text.ts';
import type { Monitored } from '../../monitor-vendor.ts';
import type { CloudWatchApi } from './api.ts';
import type { CloudWatchSettings } from './settings.ts';

const beforeMs = 60_000;
const mostGroups = 5;

export function lookIntoCloudWatch(
  settings: CloudWatchSettings & Monitored,
  api: Pick<CloudWatchApi, 'lines' | 'metrics'>,
): OutsideSource['look'] {
  const [defaultEnvironment = ''] = settings.environments;
  const isAsked =
    ({ environment, services }: OutsideQuestion) =>
    (one: { readonly service: string; readonly environment?: string | undefined }): boolean =>
      (one.environment ?? defaultEnvironment) === environment && services.includes(one.service);

  async function seriesOf(question: OutsideQuestion, signal: AbortSignal): Promise<Part<OutsideSeries>> {
    const metrics = settings.metrics.filter(isAsked(question)).slice(0, mostOutsideSeries);
    if (metrics.length === 0) return { found: [], problem: null };
    const { points, problem } = await api.metrics(metrics, question, signal);
    const found = [...points].map(([{ service, name }, its]) => ({ service, name, points: its }));
    return { found, problem };
  }

  async function linesOf(question: OutsideQuestion, signal: AbortSignal): Promise<Part<OutsideLine>> {
    const groups = settings.logs.filter(isAsked(question)).slice(0, mostGroups);
    const limit = Math.floor(mostOutsideLines / Math.max(1, groups.length));
    const range = { fromMs: question.onsetMs - beforeMs, toMs: question.toMs, limit };
    const all = await Promise.all(
      groups.map(async (group) => {
        const lines = await api.lines(group, range, signal);
        return lines.map(({ atMs, text }) => ({
          ...{ atMs, service: group.service },
          severityNumber: readLogText(text).severityNumber ?? infoSeverity,
          text: cleanText(text, mostOutsideLineChars),
        }));
      }),
    );
    const isMore = all.some(({ length }) => length === limit);
    return {
      found: all.flat().sort((a, b) => a.atMs - b.atMs),
      problem: isMore ? `there may be more lines than the ${limit} that are kept of each log group` : null,
    };
  }

  return async (question, signal) => {
    const [series, lines] = await Promise.all([
      unlessRefused(seriesOf(question, signal), 'metrics'),
      unlessRefused(linesOf(question, signal), 'lines'),
    ]);
    return { series: series.found, lines: lines.found, problem: series.problem ?? lines.problem };
  };
}

type Part<T> = { readonly found: readonly T[]; readonly problem: string | null };

/** One that may not be read hides nothing of the other. */
async function unlessRefused<T>(part: Promise<Part<T>>, what: string): Promise<Part<T>> {
  try {
    return await part;
  } catch (error) {
    return { found: [], problem: `${what}: ${error instanceof Error ? error.message : String(error)}` };
  }
}
