// What `doctor` says of a Loki: whether it answers, whether there is anything to look at, and which rules it refuses.

import { type Finding, warning } from '../../domain/doctor.ts';
import { QueryRefused } from '../monitor-rules/api.ts';
import { checkRules } from '../monitor-rules/doctor.ts';
import type { Monitored } from '../monitor-vendor.ts';
import type { LokiApi } from './api.ts';
import { rulesOf } from './rules.ts';
import type { LokiSettings } from './settings.ts';

const longestMs = 5_000;
const hourNs = 3_600_000_000_000n;
const detected = 'detected_level';

export async function checkLoki(settings: LokiSettings & Monitored, api: LokiApi): Promise<Finding> {
  const finding = await checkRules('Loki', settings, rulesOf(settings), api);
  if (finding.status !== 'ok') return finding;
  const title = `Loki ${settings.name}`;
  try {
    const said = await lookAtLines(settings, api);
    return said === null ? finding : warning(title, ...said);
  } catch (error) {
    const said = error instanceof QueryRefused ? `refuses lines: ${error.message}` : (error as Error).message;
    return warning(title, said, 'Correct selector, errors and lines.query.');
  }
}

async function lookAtLines(
  { selector, errors, lines }: LokiSettings,
  api: LokiApi,
): Promise<readonly [detail: string, advice: string] | null> {
  const toNs = BigInt(Date.now() + api.aheadMs()) * 1_000_000n;
  const range = { fromNs: toNs - hourNs, toNs, limit: 1, newestFirst: true };
  const [newest] = await api.lines(selector, range, AbortSignal.timeout(longestMs));
  if (newest === undefined)
    return [`no line of the last hour is in ${selector}`, 'Set selector to streams that are there.'];
  for (const pipeline of [errors, ...(lines === false ? [] : [lines.query])]) {
    await api.lines(`${selector} ${pipeline}`, range, AbortSignal.timeout(longestMs));
    if (pipeline.includes(detected) && newest.labels[detected] === undefined)
      return [
        `its lines have no ${detected}, so none counts as an error`,
        'Turn on discover_log_levels there (Loki 3), or set errors and lines.query: |~ "(?i)error".',
      ];
  }
  return null;
}
