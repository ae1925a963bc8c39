// How a runbook ends that did not get to its end: a person stopped it, the workflow was cancelled, or an activity failed
// for good. Anything else is a bug: it fails the workflow task, and a deploy of the fix lets the incident go on.

import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import type { Ending, Run } from '../run.ts';
import { escalation } from './endings.ts';
import { failureText } from './failures.ts';
import { compensate } from './undo.ts';

/** The ending of an interrupted run, with what was owed undone (but not when a person took over). Rethrows bugs. */
export async function interrupted(run: Run, error: unknown): Promise<Ending> {
  if (isCancellation(error)) return run.stop?.kind === 'take-over' ? takenOver(run.stop) : aborted(run);
  if (!(error instanceof ActivityFailure)) throw error; // continue-as-new is thrown, too
  const reason = failureText(error);
  const notUndone = await compensate(run, reason);
  return overtaken(run) ?? escalation(withLeftOver(reason, notUndone));
}

/** No further effect, and none taken back: the person decides what to keep; the record says what there is (close.ts). */
function takenOver({ actor, reason }: { actor: string; reason: string }): Ending {
  return { outcome: 'taken-over', reason, actor };
}

async function aborted(run: Run): Promise<Ending> {
  const { actor, reason } = run.stop ?? { actor: 'system:temporal', reason: 'the workflow was cancelled' };
  const notUndone = await compensate(run, reason);
  return overtaken(run) ?? { outcome: 'aborted', reason: withLeftOver(reason, notUndone), actor };
}

/** While it was undone, somebody took over: that is how it ends. */
function overtaken({ stop }: Run): Ending | null {
  return stop?.kind === 'take-over' ? takenOver(stop) : null;
}

function withLeftOver(reason: string, notUndone: readonly string[]): string {
  return notUndone.length === 0 ? reason : `${reason}; could not be undone: ${notUndone.join(', ')}`;
}
