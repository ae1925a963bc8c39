import { describeWith } from '../../../support/component.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';
import { type ExecutorHarness, executorContract } from '../../executors/contract.ts';
import { ec2Harness } from './harness.ts';

/** moto shows everything at once: nothing has to be waited out. */
async function withoutDelay(url: string): Promise<ExecutorHarness> {
  const harness = await ec2Harness(url);
  return {
    ...harness,
    executor() {
      const one = harness.executor();
      return {
        ...one,
        promise: (of: Parameters<typeof one.promise>[0]) => ({ ...one.promise(of), consistencyDelayMs: 0 }),
      };
    },
  };
}

await describeWith<MotoInfo>('moto', 'EC2', (moto) => {
  executorContract('an EC2 instance', () => withoutDelay(moto.url));
});
