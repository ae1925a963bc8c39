// Handed over is not over: what fires stays open, for people, until it has stayed away for a while or a person closes it.
// Sentinel does nothing more about it meanwhile but to keep its record.

import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { symptomsGone } from '../../domain/incident/anomalies.ts';
import { incidentSummary } from '../../domain/incident/page.ts';
import type { HandedOverOutcome } from '../../domain/incident/status.ts';
import { sentinelActor } from '../../domain/policy/identity.ts';
import { records } from '../proxies.ts';
import type { Ending, Run } from '../run.ts';
import { firingRecheckMs } from '../timings.ts';
import { continueAsNewWhenDue, continuingIsDue } from './continue.ts';
import { leftInPlace } from './left-in-place.ts';

/** The ending itself, or, for one that leaves something firing in a person's hands, how that came to its end. */
export async function handOver(run: Run, ending: Ending): Promise<Ending> {
  const { outcome } = ending;
  if (outcome !== 'escalated' && outcome !== 'taken-over') return ending;
  if (run.journal.state().status !== 'handed-over') {
    if (!staysOpen(run)) return ending;
    const { reason, actor } = ending;
    run.journal.record({ type: 'handed-over', outcome, reason, actor, ...leftInPlace(run, outcome) });
    run.courier.send(
      outcome === 'escalated' ? 'escalated' : 'closed',
      incidentSummary(run.journal.state(), `${outcome}: ${ending.reason}`),
    );
  }
  try {
    // Of its own: the scope of the runbook is cancelled when a person has taken over.
    return await new CancellationScope().run(() => untilItIsOver(run));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return closedByPerson(run, { actor: 'temporal', reason: 'the workflow was cancelled' });
  }
}

/** The ending of a run that continued as new while a person had the incident; null when none had. */
export function handedOver({ journal }: Run): Ending | null {
  const { status, outcome } = journal.state();
  return status === 'handed-over' && outcome !== null ? { outcome, reason: '', actor: sentinelActor } : null;
}

/**
 * Runs from before have no setting for it, and end. What has cleared is over, unless Sentinel did nothing: then it may come
 * back any moment, as a flapping alert does.
 */
function staysOpen({ input, journal }: Run): boolean {
  if (input.settings.staysAwayMs === undefined) return false;
  const state = journal.state();
  return !symptomsGone(state) || state.effects.length === 0;
}

async function untilItIsOver(run: Run): Promise<Ending> {
  const { journal, input } = run;
  const interrupted = (): boolean => run.closing !== null || run.late.length > 0 || continuingIsDue(run);
  for (;;) {
    await giveBackLate(run);
    await continueAsNewWhenDue(run);
    if (run.closing !== null) return closedByPerson(run, run.closing);
    if (!symptomsGone(journal.state())) {
      journal.waitingFor('a person; it stays open until it is over or closed by somebody');
      await condition(() => interrupted() || symptomsGone(journal.state()));
      continue;
    }
    const forMs = staysAwayMs(run);
    journal.waitingFor('the symptom to stay away');
    const news = await condition(() => interrupted() || !symptomsGone(journal.state()), forMs, {
      summary: 'does it stay away?',
    });
    if (news) continue;
    const firing = await records.firingAlerts.executeWithOptions({ summary: 'does any alert still fire?' }, [
      { incidentId: input.incidentId },
    ]);
    if (firing === 0) return cleared(run, forMs);
    // A storm has more alerts than an incident keeps; their ends are known to the store alone.
    journal.waitingFor(`${firing} more alerts to be resolved`);
    await condition(interrupted, firingRecheckMs, { summary: 'before asking what still fires' });
  }
}

/** What came and went once may do so again: it must stay away for longer. */
export function staysAwayMs({ input, journal }: Run): number {
  const { staysAwayMs: first = 0, flappingStaysAwayMs = first } = input.settings;
  return (journal.state().returns ?? 0) === 0 ? first : flappingStaysAwayMs;
}

/** Measured symptoms that are new belong to an incident that Sentinel works on. */
async function giveBackLate(run: Run): Promise<void> {
  if (run.late.length === 0) return;
  const anomalies = run.late;
  run.late = [];
  await run.journal.drained(); // correlation must know that a person has this one
  await records.returnAnomalies.executeWithOptions({ summary: 'hand new symptoms back to correlation' }, [
    { incidentId: run.input.incidentId, anomalies },
  ]);
}

function cleared({ journal }: Run, forMs: number): Ending {
  const { returns = 0 } = journal.state();
  const flapped = returns === 0 ? '' : `; it had come back ${returns === 1 ? 'once' : `${returns} times`}`;
  return {
    outcome: outcomeOf(journal.state().outcome),
    end: 'cleared',
    reason: `everything that fired has cleared, and stayed away for ${Math.round(forMs / 1_000)} s${flapped}`,
    actor: sentinelActor,
  };
}

function closedByPerson({ journal }: Run, { actor, reason }: { actor: string; reason: string }): Ending {
  return { outcome: outcomeOf(journal.state().outcome), end: 'closed-by-person', reason, actor };
}

function outcomeOf(outcome: string | null): HandedOverOutcome {
  return outcome === 'taken-over' ? 'taken-over' : 'escalated';
}
