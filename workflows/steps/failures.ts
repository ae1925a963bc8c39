// What an activity that failed for good has to say.

import { type ActivityFailure, ApplicationFailure, rootCause } from '@temporalio/workflow';

/** The reason of a failed activity in words, with the activity's name. */
export function failureText(failure: ActivityFailure): string {
  return `${failure.activityType}: ${rootCause(failure) ?? failure.message}`;
}

/** The type that the activity gave its failure; null when it has none. */
export function failureType({ cause }: ActivityFailure): string | null {
  return cause instanceof ApplicationFailure ? (cause.type ?? null) : null;
}
