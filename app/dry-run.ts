// An executor that only says what it would do: looks and dry runs go through, and nothing that changes anything does.

import type { Executor } from '../activities/ports/executor.ts';
import { wrapped } from './wrapped-executor.ts';

export function dryRunOf(executor: Executor): Executor {
  return wrapped(executor, {
    name: 'kept',
    dryRun: { by: true },
    promise: 'kept',
    observe: 'kept',
    preview: 'kept',
    // `execute` does not come here; whoever does is refused.
    begin: {
      by: async () => ({ kind: 'refused', code: 'dry-run', reason: 'dry run is on: nothing is done' }),
    },
    // What was sent before dry run was turned on still has an outcome to be found.
    poll: 'kept',
    resume: 'kept',
    lookUp: 'kept',
    close: 'kept',
    advance: 'left-out',
    cancel: 'left-out',
  });
}
