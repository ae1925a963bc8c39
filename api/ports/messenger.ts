// Messages to running incident workflows.

import type { EffectSettled, RollbackNews } from '../../domain/incident/events.ts';
import type { ApprovalDecided } from '../../workflows/messages.ts';

/** Talks to running incident workflows. Refusals carry one of workflows/messages.ts' reasons. */
export interface IncidentMessenger {
  /** Update when the workflow answers in time, else signal; throws only when neither could be handed over. */
  approvalDecided(incidentId: string, decision: ApprovalDecided): Promise<void>;
  takeOver(incidentId: string, actor: string, reason: string): Promise<{ accepted: boolean; reason: string }>;
  abort(incidentId: string, actor: string, reason: string): Promise<{ accepted: boolean; reason: string }>;
  /** Closes what a person has in hand. */
  close(incidentId: string, actor: string, reason: string): Promise<{ accepted: boolean; reason: string }>;
  /** Into the record of a workflow that runs; refused as `closed` where none does. */
  effectSettled(incidentId: string, settled: EffectSettled): Promise<{ accepted: boolean; reason: string }>;
  /** As of `effectSettled`. */
  rollbackNews(incidentId: string, news: RollbackNews): Promise<{ accepted: boolean; reason: string }>;
  addNote(
    incidentId: string,
    noteId: string,
    actor: string,
    text: string,
  ): Promise<{ accepted: boolean; reason: string }>;
}
