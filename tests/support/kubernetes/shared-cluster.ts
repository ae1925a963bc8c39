/** The cluster that test files share which stay in namespaces of their own. */
import { afterAll } from 'vitest';
import { describeWith, leave } from '../component.ts';
import type { ClusterInfo } from './control-plane.ts';

/** Await it at the top level. */
export function describeWithCluster(title: string, tests: (info: ClusterInfo) => void): Promise<void> {
  return describeWith<ClusterInfo>('kubernetes-cluster', title, (info) => {
    afterAll(() => leave('kubernetes-cluster')); // registered first: it comes last
    tests(info);
  });
}
