// Incidents as people read them: the list, one incident, its timeline, evidence, plans and effects.

import type { Evidence } from '../../domain/diagnosis/diagnosis.ts';
import type { OutsideView } from '../../domain/diagnosis/outside.ts';
import type { Chain } from '../../domain/incident/chain.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import type { IncidentState } from '../../domain/incident/state.ts';
import type { IncidentOutcome, IncidentStatus } from '../../domain/incident/status.ts';
import type { Reach } from '../../domain/policy/reach.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { HashedPlan } from '../../domain/remediation/plan.ts';
import type { Severity } from '../../domain/scope.ts';
import type { EffectRecord } from './effects.ts';
import type { IncidentMembers } from './members.ts';
import type { Page } from './page.ts';

export type IncidentSummary = {
  readonly id: string;
  readonly title: string;
  readonly environment: string;
  readonly service: string;
  readonly severity: Severity;
  readonly status: IncidentStatus;
  readonly outcome: IncidentOutcome | null;
  readonly attempt: number;
  readonly openedAtMs: number;
  readonly updatedAtMs: number;
  readonly closedAtMs: number | null;
};

export type IncidentFilter = {
  readonly status?: IncidentStatus;
  readonly open?: boolean;
  readonly environment?: string;
  readonly service?: string;
  readonly severity?: Severity;
  /** Only what a key reaches. */
  readonly reach?: Reach;
};

export interface IncidentReader {
  /** Newest first; `cursor` is opaque and from a previous page. Throws InvalidCursor for anything else. */
  list(filter: IncidentFilter, limit: number, cursor: string | null): Promise<Page<IncidentSummary>>;
  get(id: string): Promise<{ summary: IncidentSummary; state: IncidentState } | null>;
  /** The states of those that there are, in one look. */
  states(ids: readonly string[]): Promise<ReadonlyMap<string, IncidentState>>;
  /** The incidents with the same symptom before and after this one. */
  chain(id: string): Promise<Chain>;
  timeline(id: string, afterSeq: number, limit: number): Promise<readonly IncidentEvent[]>;
  details(id: string): Promise<{
    evidence: readonly Evidence[];
    plans: readonly { hashedPlan: HashedPlan; verdict: Verdict | null }[];
    postmortem: string | null;
  }>;
  /** What systems outside held about it, as the newest analysis read it. */
  outside(id: string): Promise<readonly OutsideView[]>;
  /** What passed the gate for this incident, in the order in which it did. */
  effects(id: string, limit: number, cursor: string | null): Promise<Page<EffectRecord>>;
  /** What correlation gave it, in the order in which it did. */
  members(id: string, limit: number, cursor: string | null): Promise<IncidentMembers>;
}
