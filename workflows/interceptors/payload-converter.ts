// Values that were written down before there were keys are taken here, where they are converted, in the runs that began then. It must
// be here and not where they are awaited: one more turn of the promise queue would change the order of commands in a replay.

import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import { admit } from '../../domain/unauthenticated.ts';

export const payloadConverter: PayloadConverter = {
  toPayload: (value, context) => defaultPayloadConverter.toPayload(value, context),
  fromPayload<T>(...given: Parameters<PayloadConverter['fromPayload']>) {
    const value: unknown = defaultPayloadConverter.fromPayload(...given);
    const admission = admit(value, beganMs());
    // What is refused stays a placeholder, for the interceptors.
    return (admission.taken ? admission.value : value) as T;
  },
};

/** `startTime` is that of the chain of runs; what continued as new began when it first ran. */
function beganMs(): number {
  const { startTime, runStartTime, continuedFromExecutionRunId } = workflowInfo();
  const start = continuedFromExecutionRunId === undefined ? startTime : runStartTime;
  return start.getTime();
}
