// Effects: the intent written before each, what became of it, and what a person found out about it.

import type { EffectSettled } from '../../domain/incident/events.ts';
import type { TargetRef } from '../../domain/inventory/target.ts';
import type { ActionParameters } from '../../domain/remediation/actions/action.ts';
import type { ActionId } from '../../domain/remediation/actions/index.ts';
import type { Intent, IntentStatus } from '../../domain/remediation/intent.ts';
import type { Principal } from './principal.ts';

/** One effect: the intent that was written before it, and what became of it. */
export type EffectRecord = {
  readonly id: string;
  readonly planHash: string;
  readonly step: number;
  readonly direction: Intent['direction'];
  readonly undoes: string | null;
  readonly action: ActionId;
  readonly target: TargetRef;
  readonly executor: string;
  readonly parameters: ActionParameters;
  readonly fence: number;
  readonly status: IntentStatus;
  readonly result: string | null;
  readonly writtenAtMs: number;
  readonly sentAtMs: number | null;
  readonly updatedAtMs: number;
};

/** A settlement that is no event of its incident yet. */
export type UntoldSettlement = EffectSettled & { readonly incidentId: string };

/** What people found out about effects, on its way into the records of their incidents. */
export interface Settlements {
  /** Oldest first. What its workflow has recorded, or `record` has, is told. */
  untold(limit: number): Promise<readonly UntoldSettlement[]>;
  /**
   * Writes it into the record of an incident that is closed and has no workflow; false where it is not closed, or where somebody
   * else writes at this moment.
   */
  record(settlement: UntoldSettlement): Promise<boolean>;
}

export interface EffectSettlement {
  /**
   * Records what a person found out about an effect whose outcome nobody knows. `not-open`: the outcome is known, or nothing was
   * sent; `under-way`: its incident is open, and Sentinel itself is finding out.
   */
  settle(input: {
    readonly effectId: string;
    readonly happened: boolean;
    readonly principal: Principal;
    readonly reason: string;
  }): Promise<
    | { readonly settled: true }
    | { readonly settled: false; readonly reason: 'unknown' | 'not-open' | 'under-way' | 'out-of-reach' }
  >;
}
