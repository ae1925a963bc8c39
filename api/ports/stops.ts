// What people ask of an incident as a whole: take over, abort, close.

import type { StopKind } from '../../domain/incident/status.ts';
import type { Principal } from './principal.ts';

export type StopResult =
  | { readonly recorded: true; readonly repeated: boolean }
  | {
      readonly recorded: false;
      readonly reason:
        | 'unknown-incident'
        | 'closed'
        | 'already-decided'
        | 'handed-over'
        | 'not-handed-over'
        | 'out-of-reach';
      readonly detail: string;
    };

/** To stop the work, or to close what was handed over. */
export type AskedKind = StopKind | 'close';

/** What people ask of an incident as a whole; a limited key stops what it reaches. */
export interface Stops {
  /**
   * Once it has returned, nothing that the stop forbids is sent any more. A take-over may follow an abort, and a closing
   * either, once a person has the incident; nothing else.
   */
  request(input: {
    incidentId: string;
    kind: AskedKind;
    principal: Principal;
    reason: string;
  }): Promise<StopResult>;
  /** Stops of open incidents whose workflow has not confirmed hearing of them, oldest first. */
  undelivered(
    limit: number,
  ): Promise<readonly { incidentId: string; kind: AskedKind; actor: string; reason: string }[]>;
  delivered(incidentId: string, kind: AskedKind): Promise<void>;
}
