// Instance store disks belong to the machine that an instance runs on: a stop gives the machine back, and what is on them is gone.

import type { ObservedState } from '../../../domain/inventory/target.ts';
import { AwsError } from '../answers.ts';
import type { Ec2Api } from './api.ts';
import type { Instance } from './wire.ts';

export type LocalDisks = (
  instances: readonly Instance[],
  signal?: AbortSignal,
) => Promise<(instance: Instance) => Pick<ObservedState, 'stopLoses'>>;

/** Each type is asked for once: what it has never changes. Where EC2 does not say, a stop counts as one that loses something. */
export function createLocalDisks({ localDisks }: Pick<Ec2Api, 'localDisks'>): LocalDisks {
  const known = new Map<string, number>();
  return async (instances, signal) => {
    const types = [...new Set(instances.map(({ InstanceType }) => InstanceType))];
    const asked = types.filter((type) => !known.has(type));
    try {
      if (asked.length > 0) for (const [type, gb] of await localDisks(asked, signal)) known.set(type, gb);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
    }
    return ({ InstanceType }) => {
      const gb = known.get(InstanceType);
      if (gb === 0) return {};
      const stopLoses =
        gb === undefined
          ? `what is on its instance store disks is gone; EC2 did not say whether ${InstanceType} has any`
          : `what is on its instance store disks (${gb} GB) is gone`;
      return { stopLoses };
    };
  };
}
