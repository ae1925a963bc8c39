/** A Kubernetes cluster for test files that stay in namespaces of their own; whoever stops or fills it starts one (control-plane.ts). */
import type { Component } from './component.ts';
import { type KubernetesInfo, kubernetes } from './kubernetes.ts';

export const kubernetesCluster: Component = {
  name: 'kubernetes-cluster',
  async obtain() {
    // Its executables are those of `kubernetes`.
  },
  async start() {
    const { startControlPlane } = await import('../kubernetes/control-plane.ts');
    const { info } = await kubernetes.start();
    const { server, caFile, kubeconfig, deadKubeconfig, expiredTokenFile, auditFile, stop } =
      await startControlPlane(info as KubernetesInfo);
    return { info: { server, caFile, kubeconfig, deadKubeconfig, expiredTokenFile, auditFile }, stop };
  },
};
