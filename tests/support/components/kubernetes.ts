/** A real Kubernetes control plane: etcd, API server, controllers, scheduler. Here are only the executables; see kubernetes-cluster.ts. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Component } from './component.ts';
import { controlPlaneDir, obtainControlPlane } from './control-plane.ts';
import { installFromDebian } from './debian-package.ts';

export interface KubernetesInfo {
  readonly apiServer: string;
  readonly controllerManager: string;
  readonly scheduler: string;
  readonly etcd: string;
}

const etcd = 'etcd';

export const kubernetes: Component = {
  name: 'kubernetes',
  async obtain(report) {
    await installFromDebian('etcd-server', hasEtcd, report);
    if (!(await hasEtcd())) throw new Error('etcd is not installed: put "etcd" of etcd.io on the PATH');
    await obtainControlPlane(report);
  },
  async start() {
    await kubernetes.obtain(console.error);
    const info: KubernetesInfo = {
      apiServer: join(controlPlaneDir, 'kube-apiserver'),
      controllerManager: join(controlPlaneDir, 'kube-controller-manager'),
      scheduler: join(controlPlaneDir, 'kube-scheduler'),
      etcd,
    };
    return { info, stop: async () => {} };
  },
};

function hasEtcd(): Promise<boolean> {
  return promisify(execFile)(etcd, ['--version']).then(
    () => true,
    () => false,
  );
}
