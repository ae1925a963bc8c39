// Kubernetes as a vendor.

import type { ExecutorVendor } from '../executor-vendor.ts';
import { settings } from './settings.ts';

export const kubernetes: ExecutorVendor<typeof settings> = {
  typeMeans: 'A Kubernetes cluster.',
  about:
    'Acts on Deployments, StatefulSets, DaemonSets and nodes of a Kubernetes cluster; docs/kubernetes.md.',
  settings,
  async load() {
    const [{ createKubernetesExecutor }, { checkKubernetes }, { rbacManifests }, watching] =
      await Promise.all([
        import('./executor.ts'),
        import('./doctor.ts'),
        import('./rbac.ts'),
        import('./watch/readings.ts'),
      ]);
    return {
      create: createKubernetesExecutor,
      doctor: checkKubernetes,
      watch: (given, surroundings) =>
        given.watch ? watching.createKubernetesReadings(given, surroundings) : null,
      permissions: { rbac: rbacManifests },
    };
  },
};
