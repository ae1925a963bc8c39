/** Folders of another machine, through an agent that is a process of its own, keep the contract of executors. */
import { describeWith } from '../../support/component.ts';
import type { PostgresInfo } from '../../support/components/postgres.ts';
import { cuttableLink } from '../../support/cuttable-link.ts';
import { executorContract } from '../executors/contract/contract.ts';
import { createClock } from '../executors/matrix/clock.ts';
import { makeSandbox, sandboxContract } from '../host/harness.ts';
import { agentFolder, openSite, sandboxOfFile, through } from './support.ts';

/** What passes outside while somebody waits here: the agent works on. */
const realMs = 50;

await describeWith<PostgresInfo>('postgres', 'Over a real network', () =>
  executorContract('sandbox-agent', async () => {
    const [site, sandbox] = [await openSite(), makeSandbox()];
    const link = await cuttableLink(site.url);
    const folder = agentFolder(link.url, await site.key('web1'), [sandboxOfFile([sandbox.folder])]);
    const agent = folder.start();
    await agent.until('connected');
    return {
      clock: createClock(realMs),
      executor: () => through(site, 'scratch'),
      ...sandboxContract(sandbox),
      faults: {
        // The question on its way to the agent, or the answer on its way back: the network is there again at once.
        async lose(when) {
          const moment =
            when === 'before'
              ? ({ request: /\/next$/, when: 'after' } as const)
              : ({ request: /\/answer$/, when: 'before' } as const);
          void link.cutAt(moment).then(() => link.heal());
        },
        ...{ deny: null, throttle: null, lag: null },
        heal: async () => link.heal(),
      },
      async close() {
        agent.child.kill('SIGTERM');
        await agent.done;
        folder.remove();
        sandbox.remove();
        await link.close();
        await site.close();
      },
    };
  }),
);
