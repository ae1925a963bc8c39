// The agent of another machine as a vendor: what it serves is acted on as if it were here.

import { z } from 'zod';
import { agentHost, agentHostWords, isOfHost } from '../../domain/agent/host.ts';
import type { ExecutorVendor } from '../executor-vendor.ts';

const settings = z.strictObject({
  agent: z
    .string()
    .regex(agentHost, `expected ${agentHostWords}`)
    .describe('The machine, as `--host` of the key of its agent says.'),
  executor: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and -')
    .describe('The name of the executor in the file of that agent, which says what it may act on.'),
});

export const agent: ExecutorVendor<typeof settings> = {
  typeMeans: 'A Docker engine or folders of another machine.',
  about: 'Acts on another machine through the `sentinel agent` that runs there: [Agent](agent.md).',
  settings,
  async load() {
    const [{ ask, createAgentExecutor }, { checkAgent }] = await Promise.all([
      import('./executor.ts'),
      import('./doctor.ts'),
    ]);
    return {
      create: (given, { agents }) => createAgentExecutor(given, agents),
      doctor: (given, agents) => checkAgent(given, agents ?? null),
      watch: (given, { agents, serviceOf }) => ({
        async read(environment, signal) {
          const readings = await ask(agents, given, 'read', { environment }, { signal });
          return readings
            .filter(
              ({ scope, host = given.agent }) =>
                scope.environment === environment && isOfHost(given.agent, host),
            )
            .map(({ host = given.agent, ...reading }) => {
              const { service, resourceId = '' } = reading.scope;
              const resource = `docker/${host}/${resourceId}`;
              const scope = { ...reading.scope, service: serviceOf({ environment, service, resource }) };
              // An engine tells it, not the service: no sign that the service itself is alive.
              return reading.kind === 'log'
                ? { ...reading, scope, fromOutside: true }
                : { ...reading, scope };
            });
        },
      }),
    };
  },
};
