// What executors see of the things they act on.

import type { TargetState } from '../../domain/remediation/target.ts';

/** What executors see of the things they act on. There is no way from here to an effect. */
export interface Infrastructure {
  readonly environments: readonly string[];
  /** Asks every executor of an environment, for a few seconds at most; who does not answer is `missing`. */
  observe(environment: string): Promise<{
    targets: readonly TargetState[];
    missing: readonly { executor: string; reason: string }[];
  }>;
}
