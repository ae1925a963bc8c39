// Activities that somebody else calls: who reaches Temporal can schedule any activity on our task queue, but has no key to sign its
// arguments with.

import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { admitAll, refusalText } from '../../domain/unauthenticated.ts';

/** Refuses a call before any code of the activity sees its arguments. */
export const guardActivity: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      const args = admitAll(input.args, info.scheduledTimestampMs);
      const unsigned = { reason: 'unsigned', keyId: null } as const;
      if (args.taken && args.values.length > 0) return next({ ...input, args: args.values });
      const refused = args.taken ? unsigned : args.refused;
      throw ApplicationFailure.create({
        message: refusalText(`The call of the activity ${info.activityType}`, refused),
        type: 'PayloadRefused',
        // Another worker may have the key.
        nonRetryable: refused.reason !== 'unknown-key',
      });
    },
  },
});
