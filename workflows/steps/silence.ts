// While people silence all of an incident nothing is done about it, and it goes to nobody. Whether they do is asked of the store: at
// the gate's word, and before an incident would end or go to a person.

import { condition } from '@temporalio/workflow';
import type { SilencedNow } from '../../activities/types.ts';
import { symptomsGone } from '../../domain/incident/anomalies.ts';
import type { SilencedBy } from '../../domain/incident/events.ts';
import { nameOf, sentinelActor } from '../../domain/policy/identity.ts';
import { obeysSilences } from '../changes.ts';
import { records } from '../proxies.ts';
import type { Ending, Run } from '../run.ts';
import { silenceRecheck } from '../timings.ts';
import { continueAsNewWhenDue } from './continue.ts';
import { staysAwayMs } from './hand-over.ts';
import { leftInPlace } from './left-in-place.ts';

/**
 * Waits while all of the incident is silenced for this. The ending when its symptom goes meanwhile; `over` when it is there and nothing
 * silences it any more; `never` when nothing does from the beginning.
 */
export async function whileSilenced(run: Run, thing: keyof SilencedNow): Promise<Ending | 'over' | 'never'> {
  const { journal } = run;
  const sinceMs = Date.now();
  for (let times = 0; ; times += 1) {
    const { [thing]: silence } = await readSilences(run);
    if (silence === null) {
      const { silenced } = journal.state();
      if (silenced === undefined) return times === 0 ? 'never' : 'over';
      journal.record({ type: 'silence-ended', silenceId: silenced.silenceId });
      return 'over';
    }
    note(run, silence);
    if (symptomsGone(journal.state())) {
      journal.waitingFor('the symptom to stay away while it is silenced');
      const forMs = Math.max(run.input.settings.selfRecoveryMs, staysAwayMs(run));
      const cameBack = await condition(() => !symptomsGone(journal.state()), forMs, {
        summary: 'does it stay away?',
      });
      if (!cameBack) return suppressed(silence);
      continue;
    }
    await continueAsNewWhenDue(run);
    const { actor, reason, untilMs } = silence;
    journal.waitingFor(`the end of a silence by ${nameOf(actor)}: ${reason}`);
    await condition(() => symptomsGone(journal.state()), nextReadMs(sinceMs, untilMs), {
      summary: 'silenced',
    });
  }
}

/** At its end, and until then the sooner the younger it is: people who end one early are waiting for what follows. */
function nextReadMs(sinceMs: number, untilMs: number): number {
  const { leastMs, mostMs, share } = silenceRecheck;
  const byAge = Math.min(mostMs, Math.max(leastMs, (Date.now() - sinceMs) * share));
  return Math.min(byAge, Math.max(1_000, untilMs - Date.now() + 250));
}

function note({ journal }: Run, silence: SilencedBy): void {
  const { silenced } = journal.state();
  const isKnown = silenced?.silenceId === silence.silenceId && silenced.untilMs === silence.untilMs;
  if (!isKnown) journal.record({ type: 'silenced', ...silence });
}

function readSilences({ input }: Run): Promise<SilencedNow> {
  return records.readSilences.executeWithOptions({ summary: 'does anybody silence it?' }, [
    { incidentId: input.incidentId },
  ]);
}

function suppressed({ silenceId, actor, reason }: SilencedBy): Ending {
  return {
    outcome: 'suppressed',
    reason: `it was over while ${nameOf(actor)} had silenced it: ${reason} [${silenceId}]`,
    actor: sentinelActor,
  };
}

/**
 * The ending itself, or what becomes of it because people silence all of the incident: what has gone by itself was suppressed, and what
 * would go to a person does so when the silence ends, if it is still there then. What is left half done goes to a person at once.
 */
export async function unlessSilenced(run: Run, ending: Ending): Promise<Ending> {
  const { outcome } = ending;
  if ((outcome !== 'self-recovered' && outcome !== 'escalated') || !obeysSilences()) return ending;
  if (outcome === 'escalated') {
    if (leftInPlace(run, outcome).leftInPlace !== undefined) return ending;
    const instead = await whileSilenced(run, 'incidents');
    return typeof instead === 'string' ? ending : instead;
  }
  const { incidents } = await readSilences(run);
  if (incidents === null) return ending;
  note(run, incidents);
  return suppressed(incidents);
}
