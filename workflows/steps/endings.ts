// The ways an incident ends that Sentinel itself decides.

import { sentinelActor } from '../../domain/policy/identity.ts';
import type { Ending } from '../run.ts';

const actor = sentinelActor;

export function resolved(reason: string): Ending {
  return { outcome: 'resolved', reason, actor };
}

export function selfRecovered(reason: string): Ending {
  return { outcome: 'self-recovered', reason, actor };
}

/** Hands the incident to a person, with the reason why Sentinel goes no further. */
export function escalation(reason: string): Ending {
  return { outcome: 'escalated', reason, actor };
}
