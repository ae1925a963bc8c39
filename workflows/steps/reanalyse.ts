// Early evidence is thin: before an incident without a remedy goes to a person, it is analysed again a little later.

import { condition, sleep } from '@temporalio/workflow';
import { symptomsGone } from '../../domain/incident/anomalies.ts';
import type { Run } from '../run.ts';
import { longestAwaitedMs, maxReanalyses } from '../timings.ts';

/** Waits and answers true when another analysis is due; false when enough were made. */
export async function anotherAnalysis(run: Run): Promise<boolean> {
  if (run.memory.reanalyses >= maxReanalyses) return false;
  run.memory = { ...run.memory, reanalyses: run.memory.reanalyses + 1 };
  const { settleMs } = run.input.settings;
  run.journal.waitingFor('more evidence');
  await sleep(settleMs, { summary: 'gather more evidence before explaining again' });
  await awaitedReading(run);
  return true;
}

/** A reading that comes once a minute and would tell is worth its minute, unless the symptom goes first. */
async function awaitedReading({ journal }: Run): Promise<void> {
  const awaits = journal.state().diagnosis?.awaits;
  if (awaits === undefined) return;
  const waitMs = Math.min(awaits.dueMs - Date.now(), longestAwaitedMs);
  if (waitMs <= 0) return;
  journal.waitingFor(awaits.reading);
  await condition(() => symptomsGone(journal.state()), waitMs, { summary: `wait for ${awaits.reading}` });
}
