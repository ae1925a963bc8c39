import { z } from 'zod';
import type { Action } from './action.ts';
import { cordonWords, nodeFacts, notForNodes, poolOf, withNode } from './node.ts';
import { found, notFound } from './parameters.ts';
import { free, none } from './replicas.ts';

/** A node takes no new replicas; what runs on it stays. */
export const cordon: Action = {
  summary: 'Keeps new replicas away from a node; what runs on it stays.',
  parameters: z.strictObject({}),
  choose(before) {
    const no = notForNodes(before);
    if (no !== null) return no;
    return before.node?.cordoned === 'no' ? found({}) : notFound('it is cordoned already');
  },
  inverse: { action: 'uncordon', parameters: () => ({}) },
  cost: () => free,
  risks: ['low'],
  risk: () => 'low',
  timesPerIncident: 1,
  settleSeconds: 2,
  dependsOn: nodeFacts,
  expect: (before) => withNode(before, { cordoned: 'by-sentinel' }),
  replaces: none,
  touches: poolOf,
  describe: ({ node }) => ({
    before: node === undefined ? 'no node' : `new replicas: ${cordonWords(node)}`,
    after: 'no new replicas go there; what runs on it stays',
  }),
};
