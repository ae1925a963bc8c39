// The kill switch, per environment.

import type { Role } from '../../domain/role.ts';
import type { Principal } from './principal.ts';

export type SwitchResult =
  | { readonly set: true }
  | { readonly set: false; readonly reason: 'role-too-low' | 'out-of-reach'; readonly detail: string };

export type KillSwitchState = {
  readonly environment: string;
  readonly engaged: boolean;
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
  /** The least role that may release it: `admin` for what an admin has engaged. */
  readonly releasedBy: Extract<Role, 'operator' | 'admin'>;
};

export interface KillSwitch {
  /** `environment` '*' stands for all. Engaged means: no effect passes the gate. */
  list(): Promise<readonly KillSwitchState[]>;
  /** What an admin has engaged only an admin releases; a limited key sets what it reaches. Refusals are audited. */
  set(environment: string, engaged: boolean, principal: Principal, reason: string): Promise<SwitchResult>;
}
