// What was folded into an incident: every finding that correlation gave it, and why.

import type { JoinReason } from '../../domain/correlation/join-reasons.ts';
import type { Severity } from '../../domain/scope.ts';
import type { Page } from './page.ts';

/** Null: it was assigned before this was kept. */
export type IncidentMember = {
  readonly anomalyId: string;
  readonly service: string | null;
  readonly severity: Severity | null;
  readonly title: string | null;
  readonly reason: JoinReason | null;
  readonly why: string | null;
  readonly assignedAtMs: number;
  /** The incident has it in its record; of a storm it keeps the first thousand. */
  readonly recorded: boolean;
};

export type MembersByReason = {
  readonly reason: JoinReason | null;
  readonly members: number;
  readonly services: number;
};

export type IncidentMembers = Page<IncidentMember> & {
  /** Of all members, whatever the page; the most frequent first. */
  readonly byReason: readonly MembersByReason[];
};
