// A person's decision about exactly one plan, the same for every way in (REST, dashboard, chat): recorded first, because
// Postgres is the authority, and told to the workflow second. What cannot be told now is handed over by redelivery.ts.

import { roleAtLeast } from '../domain/role.ts';
import type { ApprovalDecided } from '../workflows/messages.ts';
import { type DeliveryDeps, deliver } from './delivery.ts';
import type { Approvals, DecisionRefusal } from './ports/approvals.ts';
import type { Metrics } from './ports/metrics.ts';
import type { Principal } from './ports/principal.ts';

export type DecisionDeps = Omit<DeliveryDeps, 'approvals'> & {
  readonly approvals: Pick<Approvals, 'decide' | 'delivered'>;
  readonly metrics: Metrics;
};

export type Decided =
  | {
      readonly recorded: true;
      readonly decision: ApprovalDecided;
      /** The same person had decided the same way before; nothing changed. */
      readonly repeated: boolean;
      /** The incident has heard of it already. */
      readonly delivered: boolean;
    }
  | { readonly recorded: false; readonly reason: DecisionRefusal; readonly detail: string };

/** Records and delivers. Rejects only when the record could not be made; then nothing happened. */
export async function decideOnPlan(
  input: {
    readonly incidentId: string;
    readonly planHash: string;
    readonly principal: Principal;
    readonly decision: 'approve' | 'reject';
    readonly reason: string;
  },
  deps: DecisionDeps,
): Promise<Decided> {
  const { incidentId, principal, decision } = input;
  const count = (result: string): void =>
    deps.metrics.count('sentinel_approval_decisions_total', { decision, result });
  if (!roleAtLeast(principal.role, 'operator')) {
    count('role-too-low');
    const detail = `deciding needs the role operator; ${principal.name} has ${principal.role}`;
    return { recorded: false, reason: 'role-too-low', detail };
  }
  const result = await deps.approvals.decide(input);
  count(result.recorded ? (result.repeated ? 'repeated' : 'recorded') : result.reason);
  if (!result.recorded) return result;
  return { ...result, delivered: await deliver(incidentId, result.decision, deps) };
}
