/** The Docker executor against a real engine keeps the contract, with a proxy before the socket that loses answers and refuses. */
import { describeWith } from '../../support/component.ts';
import type { DockerInfo } from '../../support/components/docker.ts';
import { executorContract } from '../executors/contract/contract.ts';
import { dockerHarness } from './harness.ts';

await describeWith<DockerInfo>('docker', 'With a real engine', (info) =>
  executorContract('docker', () => dockerHarness(info)),
);
