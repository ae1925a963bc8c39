// Is there anything to tell a channel about an incident, and may it wait? Pure.

import { matchesGlob } from '../../domain/glob.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import { type Moment, momentOf, momentsNow } from '../../domain/incident/moments.ts';
import type { IncidentState } from '../../domain/incident/state.ts';
import type { Channel, Route } from './ports.ts';

export type Duty =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'tell';
      readonly moments: readonly Moment[];
      /** Not held back by the channel's cooldown. */
      readonly urgent: boolean;
    };

const nothing: Duty = { kind: 'nothing' };

/**
 * A channel that was never told hears of an incident when it is its business now, whatever it was when it opened. One that was
 * told hears its moments, always the end, and everything when it follows everything.
 */
export function dutyOf(input: {
  readonly state: IncidentState;
  /** After what the channel was told. */
  readonly events: readonly IncidentEvent[];
  readonly told: boolean;
  /** It is looked at again: people are called now, or what surrounds it has changed. */
  readonly again: 'calls' | 'looks' | null;
  readonly follows: Channel['follows'];
  readonly route: Route;
}): Duty {
  const { state, events, told, again, follows, route } = input;
  // Nobody heard of it while it was silenced, and it is over.
  if (!told && state.outcome === 'suppressed') return nothing;
  if (!told) {
    const wanted = momentsNow(state).filter((moment) => route.moments.includes(moment));
    return covers(route, state) && wanted.length > 0
      ? { kind: 'tell', moments: wanted, urgent: true }
      : nothing;
  }
  const wanted = events
    .map(momentOf)
    .filter((moment) => moment !== null)
    .filter((moment) => route.moments.includes(moment) || isEnd(moment));
  const quiet = wanted.length === 0 && events.length === 0;
  if (follows === 'moments' ? wanted.length === 0 : quiet && again === null) return nothing;
  return {
    kind: 'tell',
    moments: wanted,
    urgent: again === 'calls' || wanted.some((moment) => moment === 'approval' || isEnd(moment)),
  };
}

function covers({ severities, environments }: Route, { severity, scope }: IncidentState): boolean {
  return severities.includes(severity) && environments.some((glob) => matchesGlob(glob, scope.environment));
}

function isEnd(moment: Moment): boolean {
  return moment === 'escalated' || moment === 'closed';
}
