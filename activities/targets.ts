// What the executors of an environment report now.

import type { TargetState } from '../domain/remediation/target.ts';
import type { Executors } from './ports/executor.ts';
import type { Gathering } from './sources.ts';

/** Every target of the environment, of every executor that answers in time. */
export async function observeTargets(
  gathering: Gathering,
  executors: Executors,
  environment: string,
): Promise<readonly TargetState[]> {
  const answers = await Promise.all(
    executors.forEnvironment(environment).map((executor) =>
      gathering.read<readonly TargetState[]>({
        name: `targets of ${executor.name}`,
        read: () => executor.observe(environment),
        instead: [],
      }),
    ),
  );
  return answers.flat();
}
