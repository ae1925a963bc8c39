/** Kubernetes' own API server, controllers and scheduler, built with Go; its own parts are taken as they were published. */
import { join } from 'node:path';
import { cacheDir } from './cache.ts';
import { obtainGoCommands } from './go-module.ts';

const version = '1.34.4';
export const commands = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** The folder of the three commands, once `obtainControlPlane` has made them. */
export const controlPlaneDir = join(cacheDir, `kubernetes-${version}`);

const stamp = 'k8s.io/component-base/version';

export async function obtainControlPlane(report: (line: string) => void): Promise<void> {
  await obtainGoCommands(
    {
      title: 'Kubernetes',
      module: 'k8s.io/kubernetes',
      version,
      commands: commands.map((command) => `cmd/${command}`),
      dir: controlPlaneDir,
      linkerFlags: `-s -w -X ${stamp}.gitVersion=v${version} -X ${stamp}.gitMajor=1 -X ${stamp}.gitMinor=34`,
      rewritten: (goMod) =>
        goMod.replaceAll(
          /=> \.\/staging\/src\/(k8s\.io\/[a-z0-9-]+)/g,
          `=> $1 v${version.replace(/^1/, '0')}`,
        ),
      takesAbout: 'about ten minutes for all three on two cores',
    },
    report,
  );
}
