// A Loki as a watched system: what its rules find, and the lines that tell of trouble.

import type { LogRecord } from '../../domain/observation.ts';
import type { Readings } from '../../ingest/watched.ts';
import { QueryRefused } from '../monitor-rules/api.ts';
import { createRuleReadings } from '../monitor-rules/readings.ts';
import type { Monitored } from '../monitor-vendor.ts';
import type { LokiApi } from './api.ts';
import { createLineSource, type LineSource } from './lines.ts';
import { createRecordReader } from './records.ts';
import { rulesOf } from './rules.ts';
import type { LokiSettings } from './settings.ts';

export function createLokiReadings(
  settings: LokiSettings & Monitored,
  api: LokiApi,
  nowMs: () => number,
): Readings {
  const rules = createRuleReadings('loki', settings, rulesOf(settings), api, nowMs);
  const { environments, lines, selector } = settings;
  if (lines === false) return rules;
  const { query, limit, delaySeconds } = lines;
  const question = { query: `${selector} ${query}`, limit, delayMs: delaySeconds * 1_000 };
  const sources = new Map<string, LineSource>(
    environments.map((environment) => [environment, createLineSource(api, question, nowMs)]),
  );
  const recordOf = createRecordReader(settings);
  let refused: string | null = null;

  async function linesOf(environment: string, signal: AbortSignal): Promise<readonly LogRecord[]> {
    try {
      const found = (await sources.get(environment)?.read(signal)) ?? [];
      refused = null;
      return found
        .map((line) => recordOf(line, api.aheadMs()))
        .filter(({ scope }) => scope.environment === environment);
    } catch (error) {
      if (!(error instanceof QueryRefused)) throw error;
      refused = error.message;
      return [];
    }
  }

  return {
    ...rules,
    async read(environment, signal) {
      const records = await linesOf(environment, signal);
      return [...records, ...(await rules.read(environment, signal))];
    },
    told: (environment) => sources.get(environment)?.told() ?? null,
    resume: (environment, position) => sources.get(environment)?.resume(position),
    problem() {
      const left = [...sources.values()].map((one) => one.problem()).find((problem) => problem !== null);
      return rules.problem?.() ?? (refused === null ? (left ?? null) : `lines: ${refused}`);
    },
  };
}
