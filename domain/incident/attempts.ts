// What the attempts so far add up to, read from the state: what was tried, how often, and what still stands.

import type { AppliedEffect, IncidentState } from './state.ts';

/** Attempts that sent an effect out. Analyses that found nothing to do are numbered too, but do not count here; dry runs neither. */
export function fixesTried(state: Pick<IncidentState, 'effects'>): number {
  const sent = state.effects.filter((effect) => effect.status !== 'dry-run');
  return new Set(sent.map((effect) => effect.attempt)).size;
}

/** Keys of the steps that were tried, each as often as it was: planning leaves out what had its chances. */
export function stepsTried(state: Pick<IncidentState, 'effects'>): readonly string[] {
  return state.effects.map((effect) => effect.stepKey);
}

/** Effects that are in the world now: applied and not undone, or with an undo that failed. */
export function standingEffects(state: Pick<IncidentState, 'effects'>): readonly AppliedEffect[] {
  return state.effects.filter((effect) => effect.status === 'applied' || effect.status === 'not-undone');
}
