// Rollback on request: what Sentinel did in an incident and still stands, and who asks that it is undone.

import type { RollbackNews } from '../../domain/incident/events.ts';
import type { TargetRef } from '../../domain/inventory/target.ts';
import type { ActionId } from '../../domain/remediation/actions/index.ts';
import type { RollbackOrder } from '../../workflows/messages.ts';
import type { Principal } from './principal.ts';

export const rollbackRefusals = [
  'unknown-effect',
  'out-of-reach',
  'role-too-low',
  /** It did not happen, or has been undone. */
  'not-standing',
  'under-way',
  'no-inverse',
  /** Somebody has acted on its target since. */
  'not-last',
] as const;
export type RollbackRefusal = (typeof rollbackRefusals)[number];

/** A request that has not ended. */
export type OpenRollback = {
  readonly requestId: string;
  /** Who asked and counts, in order. */
  readonly by: readonly string[];
  readonly quorum: number;
  readonly expiresAtMs: number;
};

export type StandingEffect = {
  readonly effectId: string;
  readonly action: ActionId;
  readonly target: TargetRef;
  /** `uncertain`: nobody can tell whether it happened; undoing puts the state before it back either way. */
  readonly status: 'applied' | 'uncertain' | 'sent';
  readonly sinceMs: number;
  /** What undoing does, in words; null where there is no way back. */
  readonly undo: string | null;
  /** How many admins have to ask. */
  readonly quorum: number;
  /** Why it cannot be rolled back, in a sentence; null where it can. */
  readonly objection: string | null;
  readonly request: OpenRollback | null;
};

export type RollbackResult =
  | {
      readonly recorded: true;
      /** Asked before by the same person; nothing has changed. */
      readonly repeated: boolean;
      readonly incidentId: string;
      readonly request: OpenRollback;
      /** Set when enough people have asked: to be carried out. */
      readonly order: RollbackOrder | null;
      /** Sentinel was at work on the incident: whoever asks has it in hand now. */
      readonly tookOver: boolean;
    }
  | { readonly recorded: false; readonly reason: RollbackRefusal; readonly detail: string };

/** One that has enough people behind it is carried out by its workflow, whatever becomes of whoever recorded it. */
export interface Rollbacks {
  /** What of an incident is in the world by the record, the first one first. */
  standing(incidentId: string): Promise<readonly StandingEffect[]>;
  /** Idempotent: asked twice by one person is asked once. Another person adds to the quorum. */
  request(input: {
    readonly effectId: string;
    readonly principal: Principal;
    readonly reason: string;
  }): Promise<RollbackResult>;
  /** To be carried out, and not known to have a workflow; oldest first. */
  unstarted(limit: number): Promise<readonly RollbackOrder[]>;
  started(requestId: string): Promise<void>;
  /** Ends what nobody carried out in time. */
  expire(): Promise<void>;
  /** What incidents have not been told yet, in order. */
  untold(limit: number): Promise<readonly UntoldRollbackNews[]>;
  /** Writes it into the record of an incident that is closed; false where it is not, or where somebody else writes now. */
  record(news: UntoldRollbackNews): Promise<boolean>;
}

export type UntoldRollbackNews = { readonly incidentId: string; readonly news: RollbackNews };

export interface RollbackWorkflows {
  /** Starts the workflow of a request, unless there is one. */
  start(order: RollbackOrder): Promise<void>;
}
