// Early evidence is thin: before an incident without a remedy goes to a person, it is analysed again a little later.

import { sleep } from '@temporalio/workflow';
import type { Run } from '../run.ts';
import { maxReanalyses } from '../timings.ts';

/** Waits and answers true when another analysis is due; false when enough were made. */
export async function anotherAnalysis(run: Run): Promise<boolean> {
  if (run.memory.reanalyses >= maxReanalyses) return false;
  run.memory = { ...run.memory, reanalyses: run.memory.reanalyses + 1 };
  run.journal.waitingFor('more evidence');
  await sleep(run.input.settings.settleMs, { summary: 'gather more evidence before explaining again' });
  return true;
}
