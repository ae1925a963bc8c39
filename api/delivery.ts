// Tells a workflow of a recorded decision, within a bounded time; what could not be told stays undelivered.

import type { ApprovalDecided } from '../workflows/messages.ts';
import type { Approvals } from './ports/approvals.ts';
import type { Logger } from './ports/logger.ts';
import type { IncidentMessenger } from './ports/messenger.ts';

export type DeliveryDeps = {
  readonly approvals: Pick<Approvals, 'delivered'>;
  readonly messenger: Pick<IncidentMessenger, 'approvalDecided'>;
  readonly log: Logger;
  readonly deliveryTimeoutMs?: number;
};

/** True when the workflow heard of it and the record says so. Never throws. */
export async function deliver(
  incidentId: string,
  decision: ApprovalDecided,
  deps: DeliveryDeps,
): Promise<boolean> {
  const { approvals, messenger, log, deliveryTimeoutMs = 5000 } = deps;
  const { approvalId } = decision;
  try {
    await withinTime(
      messenger.approvalDecided(incidentId, decision).then(() => approvals.delivered(approvalId)),
      deliveryTimeoutMs,
    );
    return true;
  } catch (error) {
    log.warn(
      { err: error, incidentId, approvalId },
      'decision is recorded but not delivered yet; it will be',
    );
    return false;
  }
}

/** The work goes on after the time is over; only the waiting ends. */
async function withinTime(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
