// Errors of stores and executors become ApplicationFailures here: the error's name is the failure's type, and the one
// list below says which of them no retry can mend.

import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from './ports.ts';

/** Names of errors that stay the same however often the call is repeated. */
export const finalFailures = [
  'RecordBehind',
  'UnknownEvidence',
  'UnknownDiagnosis',
  'UnknownPlan',
  'UnknownIntent',
  'PlanHashMismatch',
  'VerdictSettled',
  'IncidentEventConflict',
  'IllegalMark',
  'NotCanonical',
] as const;

/** A failure that ends the activity for good. */
export function finalFailure(type: (typeof finalFailures)[number], message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}

/** The failure that Temporal is told of: retried unless its type is final. */
export function asFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const nonRetryable = finalFailures.some((type) => type === cause.name);
  return ApplicationFailure.create({ message: cause.message, type: cause.name, cause, nonRetryable });
}

/** Wraps every activity, so that each error is logged with its incident and told to Temporal the same way. */
export function withFailures<T extends object>(activities: T, logger: Logger): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (input: unknown): Promise<unknown> => {
      try {
        return await activity(input);
      } catch (error) {
        const failure = asFailure(error);
        logger.warn({ activity: name, ...idsOf(input), type: failure.type, err: error }, 'activity failed');
        throw failure;
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}

function idsOf(input: unknown): { readonly incidentId?: string; readonly intentId?: string } {
  if (typeof input !== 'object' || input === null) return {};
  const { incidentId, intentId } = input as { incidentId?: string; intentId?: string };
  return {
    ...(incidentId === undefined ? {} : { incidentId }),
    ...(intentId === undefined ? {} : { intentId }),
  };
}
