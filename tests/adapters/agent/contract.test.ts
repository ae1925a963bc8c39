/** Docker on another machine, through an agent that is a process of its own, keeps the contract of executors. */
import { describeWith } from '../../support/component.ts';
import type { DockerInfo } from '../../support/components/docker.ts';
import { dockerHarness } from '../docker/harness.ts';
import { executorContract } from '../executors/contract/contract.ts';
import { agentFolder, openSite, through } from './support.ts';

await describeWith<DockerInfo>('docker', 'With a real engine', (info) =>
  executorContract('docker-agent', () =>
    dockerHarness(info, async (url, container) => {
      const site = await openSite();
      const folder = agentFolder(site.url, await site.key('web1'), [
        {
          ...{ name: 'docker', type: 'docker', environments: ['practice'], url, stopSeconds: 1 },
          ...{ containers: [container], actions: ['restart', 'stop', 'start'] },
        },
      ]);
      const agent = folder.start();
      await agent.until('connected');
      return {
        make: () => through(site),
        async close() {
          agent.child.kill('SIGTERM');
          await agent.done;
          folder.remove();
          await site.close();
        },
      };
    }),
  ),
);
