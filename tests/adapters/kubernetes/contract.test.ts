/** The contract of executors against a real API server, whose own audit log counts the effects. */
import { describeWith } from '../../support/component.ts';
import type { KubernetesInfo } from '../../support/components/kubernetes.ts';
import { executorContract } from '../executors/contract/contract.ts';
import { kubernetesHarness } from './harness.ts';

await describeWith<KubernetesInfo>('kubernetes', 'the Kubernetes executor', (info) => {
  executorContract('kubernetes', () => kubernetesHarness(info));
});
