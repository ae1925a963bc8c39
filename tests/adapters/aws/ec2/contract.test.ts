import { describeWith } from '../../../support/component.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';
import { executorContract } from '../../executors/contract/contract.ts';
import { ec2Harness } from './harness.ts';

await describeWith<MotoInfo>('moto', 'EC2', (moto) => {
  executorContract('ec2', () => ec2Harness(moto.url));
});
