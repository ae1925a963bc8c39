// A workflow that was gone, started again from the record (api/reconciler.ts): it says so, hears what a person asked for
// meanwhile, and goes on, or hands the incident over where going on is not safe.

import type { Restart } from '../carried.ts';
import { type Ending, type Run, throwIfStopped } from '../run.ts';
import { escalation } from './endings.ts';
import { hearStoredStop } from './stop.ts';

export function noteRestart({ journal }: Run, { reason }: Restart): void {
  journal.record({ type: 'workflow-restarted', reason });
}

/** The ending when a person must go on with it; null when the incident may be worked on. */
export async function restarted(run: Run, { reason, handOver }: Restart): Promise<Ending | null> {
  await hearStoredStop(run);
  throwIfStopped();
  if (handOver === null) return null;
  run.memory = { ...run.memory, judged: Object.keys(run.journal.state().anomalies) }; // by the person
  return escalation(`the incident was left alone: ${reason}; ${handOver}`);
}
