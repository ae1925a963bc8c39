// What Sentinel paused so that its change lasts, and has not given back: resuming by itself would bring the trouble back as long
// as Git says what made it, so a person has to be told, with what to do.

import { plainLine } from '../text.ts';
import { standingEffects } from './attempts.ts';
import type { IncidentState } from './state.ts';

const pause = 'pause-sync@';

/** One sentence each, for people; none while Sentinel is at work, because it may still give them back. */
export function leftPaused(
  state: Pick<IncidentState, 'effects' | 'hashedPlan' | 'outcome'>,
): readonly string[] {
  if (state.outcome === null) return [];
  const sentences = standingEffects(state)
    .filter(({ stepKey }) => stepKey.startsWith(pause))
    .map(({ planHash, step, stepKey }) => {
      // Of an earlier plan only the key of the step is kept.
      const plan = state.hashedPlan?.planHash === planHash ? state.hashedPlan.plan : null;
      const sync = plan?.steps[step]?.before.owner?.sync;
      const what = sync?.name ?? `what keeps ${stepKey.slice(pause.length)} as Git says`;
      const how = sync?.resumeWith ?? 'docs/kubernetes.md says how';
      return `${plainLine(what, 150)} is still paused by Sentinel. Put what should last into Git, then resume it: ${plainLine(how, 500)}`;
    });
  return [...new Set(sentences)];
}
