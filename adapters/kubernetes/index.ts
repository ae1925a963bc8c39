// Kubernetes as a vendor.

import type { ExecutorVendor } from '../executor-vendor.ts';
import { settings } from './settings.ts';

export const kubernetes: ExecutorVendor<typeof settings> = {
  typeMeans: 'A Kubernetes cluster.',
  about: 'Acts on Deployments, StatefulSets and DaemonSets of a Kubernetes cluster; docs/kubernetes.md.',
  settings,
  async load() {
    const [{ createKubernetesExecutor }, { checkKubernetes }, { rbacManifests }] = await Promise.all([
      import('./executor.ts'),
      import('./doctor.ts'),
      import('./rbac.ts'),
    ]);
    return {
      create: createKubernetesExecutor,
      doctor: checkKubernetes,
      permissions: { rbac: rbacManifests },
    };
  },
};
