// The kill switch, per environment.

import type { Principal } from './principal.ts';

export type SwitchResult =
  | { readonly set: true }
  | { readonly set: false; readonly reason: 'role-too-low' | 'out-of-reach'; readonly detail: string };

export interface KillSwitch {
  /** `environment` '*' stands for all. Engaged means: no effect passes the gate. */
  list(): Promise<
    readonly { environment: string; engaged: boolean; by: string; reason: string; atMs: number }[]
  >;
  /** What an admin has engaged only an admin releases; a limited key sets what it reaches. Refusals are audited. */
  set(environment: string, engaged: boolean, principal: Principal, reason: string): Promise<SwitchResult>;
}
