// What became of Sentinel's own effects, counted, and the breakers that opened because too many of them did not help.

import type { Principal } from './principal.ts';

export type ActionRecord = {
  readonly environment: string;
  readonly service: string;
  readonly action: string;
  /** Effects whose outcome is known; those still looked at are in none of these. */
  readonly effects: number;
  readonly helped: number;
  readonly didNotHelp: number;
  readonly failed: number;
  /** Of what was taken back: done, and could not be done. */
  readonly undone: number;
  readonly notUndone: number;
  readonly lastAtMs: number;
};

export type Breaker = {
  readonly environment: string;
  /** `*` for all actions of the environment. */
  readonly action: string;
  readonly openedAtMs: number;
  readonly reason: string;
};

export type BreakerReset =
  | { readonly reset: true }
  | { readonly reset: false; readonly reason: 'not-open' | 'out-of-reach' };

export interface TrackRecord {
  /** By environment, service and action, since then; the latest first, at most `limit`. */
  since(sinceMs: number, limit: number): Promise<readonly ActionRecord[]>;
  /** Those that are open until a person resets them. */
  openBreakers(): Promise<readonly Breaker[]>;
  /** What was in vain before does not count any more. Refusals are audited, too. */
  reset(breaker: {
    readonly environment: string;
    readonly action: string;
    readonly principal: Principal;
    readonly reason: string;
  }): Promise<BreakerReset>;
}
