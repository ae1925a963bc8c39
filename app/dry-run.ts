// An executor that only says what it would do: looks and dry runs go through, and nothing that changes anything does.

import type { Executor } from '../activities/ports/executor.ts';

export function dryRunOf(executor: Executor): Executor {
  const { resume, close } = executor;
  return {
    name: executor.name,
    dryRun: true,
    promise: (step) => executor.promise(step),
    observe: (...asked) => executor.observe(...asked),
    preview: (...asked) => executor.preview(...asked),
    // `execute` does not come here; whoever does is refused.
    begin: async () => ({ kind: 'refused', code: 'dry-run', reason: 'dry run is on: nothing is done' }),
    poll: (...asked) => executor.poll(...asked),
    lookUp: (...asked) => executor.lookUp(...asked),
    // What was sent before dry run was turned on still has an outcome to be found.
    ...(resume === undefined ? {} : { resume: (...asked) => resume.apply(executor, asked) }),
    ...(close === undefined ? {} : { close: (...asked) => close.apply(executor, asked) }),
  };
}
