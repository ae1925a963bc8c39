// One effect at its vendor, until it has ended: asked for again and again, by whichever worker is there.

import { ActivityFailure } from '@temporalio/workflow';
import type { ExecuteInput, ExecuteResult } from '../../activities/types.ts';
import { type Progress, progressTellings } from '../../domain/remediation/progress.ts';
import { effects } from '../proxies.ts';
import { failureText } from './failures.ts';

export type Ended = Exclude<ExecuteResult, { kind: 'running' }>;

/** `tell` hears what is news on the way, a bounded number of times. */
export async function executeUntilEnded(
  summary: string,
  input: ExecuteInput,
  tell: (progress: Progress) => void,
): Promise<Ended> {
  let told = { times: 0, words: '' };
  for (;;) {
    const result = await executeOnce(
      told.words === '' ? summary : `${summary}: ${told.words}`,
      told.times === 0 ? input : { ...input, told },
    );
    if (result.kind !== 'running') return result;
    const { progress } = result;
    if (progress.words === told.words || told.times >= progressTellings) continue;
    tell(progress);
    told = { times: told.times + 1, words: progress.words };
  }
}

async function executeOnce(summary: string, input: ExecuteInput): Promise<ExecuteResult> {
  try {
    return await effects.execute.executeWithOptions({ summary }, [input]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return { kind: 'failed', certain: false, reason: `the outcome is unknown: ${failureText(error)}` };
  }
}
