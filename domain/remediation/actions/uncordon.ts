import { z } from 'zod';
import type { Action } from './action.ts';
import { cordonWords, nodeFacts, withNode } from './node.ts';
import { free, none } from './replicas.ts';

export const uncordon: Action = {
  summary: 'Lets new replicas go to a node again that Sentinel had cordoned.',
  parameters: z.strictObject({}),
  choose: null,
  inverse: { action: 'cordon', parameters: () => ({}) },
  cost: () => free,
  risks: ['low'],
  risk: () => 'low',
  timesPerIncident: 1,
  settleSeconds: 2,
  dependsOn: nodeFacts,
  expect: (before) => withNode(before, { cordoned: 'no' }),
  replaces: none,
  describe: ({ node }) => ({
    before: node === undefined ? 'no node' : `new replicas: ${cordonWords(node)}`,
    after: 'new replicas may go there',
  }),
};
