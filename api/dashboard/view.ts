// What every page is given besides its own data: who looks, since when, and what the frame around it shows.

import type { html } from 'hono/html';
import { reaches } from '../../domain/policy/reach.ts';
import { type Role, roleAtLeast } from '../../domain/role.ts';
import type { PendingApproval } from '../ports/approvals.ts';
import type { KillSwitchState } from '../ports/kill-switch.ts';
import type { Principal } from '../ports/principal.ts';
import type { Breaker } from '../ports/track-record.ts';

export type Html = ReturnType<typeof html>;
export type Theme = 'light' | 'dark';

export type View = {
  readonly nowMs: number;
  readonly principal: Principal;
  /** Goes into every form: see api/session/csrf.ts. */
  readonly csrf: string;
  /** As chosen by the person; null follows the system. */
  readonly theme: Theme | null;
  /** Path and query of this page, for the way back after a form. */
  readonly here: string;
  readonly asset: (name: AssetName) => string;
  /** Approvals that people are asked for now. */
  readonly pending: readonly PendingApproval[];
  /** Every kill switch that was ever set; `*` stands for all environments. */
  readonly switches: readonly KillSwitchState[];
  /** Those that are open until a person resets them. */
  readonly breakers: readonly Breaker[];
  /** What the last form did, in one sentence. */
  readonly notice: string | null;
  /** Where Temporal's own page of a workflow is, when that is known. */
  readonly workflowUrl: (workflowId: string) => string | null;
};

export type AssetName = 'style.css' | 'main.js' | 'login.js' | 'icon.svg';

/** What may be offered: the server asks again when it is used. */
export function may(view: View, role: Role): boolean {
  return roleAtLeast(view.principal.role, role);
}

/** Whether releasing it would be accepted. */
export function mayRelease(view: View, { environment, releasedBy }: KillSwitchState): boolean {
  return may(view, releasedBy) && reaches(view.principal.reach, environment, null);
}
