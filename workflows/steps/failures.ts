// What an activity that failed for good has to say.

import { type ActivityFailure, rootCause } from '@temporalio/workflow';

/** The reason of a failed activity in words, with the activity's name. */
export function failureText(failure: ActivityFailure): string {
  return `${failure.activityType}: ${rootCause(failure) ?? failure.message}`;
}
