// A person's stop, wherever the run is: heard by a message, or found stored when the message was lost; and seen in every
// wait of an effect, so that nothing is sent after it was accepted. An abort still undoes; a take-over stops that, too.

import { CancellationScope, CancelledFailure, condition, isCancellation } from '@temporalio/workflow';
import type { GateInput } from '../../activities/types.ts';
import { records } from '../proxies.ts';
import type { Run, StopRequest } from '../run.ts';

type Direction = GateInput['direction'];

/** Notes the stop, says so in the record, and interrupts the runbook. What is known by now, the person has seen. */
export function stopRun(run: Run, stop: StopRequest): void {
  const { journal } = run;
  if (!run.fromBefore) journal.record({ type: 'stop-requested', ...stop });
  run.stop = stop;
  run.memory = { ...run.memory, judged: Object.keys(journal.state().anomalies) };
  run.scope.cancel();
}

/** May an effect in this direction not be sent any more? */
export function isStopped({ stop }: Run, direction: Direction): boolean {
  return stop !== null && (direction === 'forward' || stop.kind === 'take-over');
}

/** The gate found a stop that this run has not heard of: hears it now. False when there is none after all. */
export async function hearStoredStop(run: Run): Promise<boolean> {
  const stored = await records.readStop.executeWithOptions({ summary: 'what did a person ask for?' }, [
    { incidentId: run.input.incidentId },
  ]);
  if (stored === null) return false;
  const goesFurther = run.stop === null || (run.stop.kind === 'abort' && stored.kind === 'take-over');
  if (goesFurther) stopRun(run, stored);
  return true;
}

export function stopped(): CancelledFailure {
  return new CancelledFailure('the incident was stopped');
}

/** The answer of `work`, or null as soon as a stop forbids this direction; the work is cancelled then. */
export async function unlessStopped<T>(
  run: Run,
  direction: Direction,
  work: () => Promise<T>,
): Promise<{ readonly answer: T } | null> {
  if (isStopped(run, direction)) return null;
  const working = new CancellationScope({ cancellable: true });
  const watching = new CancellationScope({ cancellable: true });
  void watching
    .run(() => condition(() => isStopped(run, direction)))
    .then(
      () => working.cancel(),
      (error: unknown) => {
        if (!isCancellation(error)) throw error;
      },
    );
  try {
    return { answer: await working.run(work) };
  } catch (error) {
    if (isCancellation(error) && isStopped(run, direction)) return null;
    throw error;
  } finally {
    watching.cancel();
  }
}
