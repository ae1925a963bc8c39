// A person stops an incident, or closes what was handed over: recorded first, so that the gate obeys from then on and nothing is
// lost, and told to the workflow second. What cannot be told now is handed over by redelivery.ts.

import { actorOf } from '../domain/policy/identity.ts';
import type { Logger } from './ports/logger.ts';
import type { IncidentMessenger } from './ports/messenger.ts';
import type { Principal } from './ports/principal.ts';
import type { AskedKind, Stops } from './ports/stops.ts';

export type StopDeps = {
  readonly stops: Pick<Stops, 'request' | 'delivered'>;
  readonly messenger: Pick<IncidentMessenger, 'takeOver' | 'abort' | 'close'>;
  readonly log: Logger;
};

export type Stop = {
  readonly incidentId: string;
  readonly kind: AskedKind;
  readonly actor: string;
  readonly reason: string;
};

/** Accepted means that it is obeyed, also while no workflow can be told. The reason of a refusal begins with its word. */
export async function requestStop(
  input: {
    readonly incidentId: string;
    readonly kind: AskedKind;
    readonly principal: Principal;
    readonly reason: string;
  },
  deps: StopDeps,
): Promise<{ readonly accepted: boolean; readonly reason: string }> {
  const result = await deps.stops.request(input);
  if (!result.recorded) return { accepted: false, reason: `${result.reason}: ${result.detail}` };
  const { incidentId, kind, principal, reason } = input;
  await tellStop({ incidentId, kind, actor: actorOf(principal), reason }, deps);
  return { accepted: true, reason: '' };
}

/** True when the workflow has heard of it. Never throws. */
export async function tellStop({ incidentId, kind, actor, reason }: Stop, deps: StopDeps): Promise<boolean> {
  const { messenger, stops, log } = deps;
  try {
    const tell = { 'take-over': messenger.takeOver, abort: messenger.abort, close: messenger.close }[kind];
    const said = await tell(incidentId, actor, reason);
    // It knows of a stop already, this one or one that goes further.
    const known = said.reason.startsWith('already-decided') || said.reason.startsWith('handed-over');
    const heard = said.accepted || known;
    if (heard) await stops.delivered(incidentId, kind);
    return heard;
  } catch (error) {
    log.warn(
      { err: error, incidentId, kind },
      'a stop is recorded and obeyed, but not delivered yet; it will be',
    );
    return false;
  }
}
