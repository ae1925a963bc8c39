import { z } from 'zod';
import type { ObservedState } from '../../inventory/target.ts';
import type { Action, Cost } from './action.ts';
import { nodeFacts, notForNodes, poolOf, withNode } from './node.ts';
import { found, notFound } from './parameters.ts';
import { none, restartSeconds } from './replicas.ts';
import * as words from './words.ts';

/** Everything that can be moved leaves a node, as fast as disruption budgets let it, and nothing new goes there. */
export const drainNode: Action = {
  summary:
    'Moves the replicas of a node elsewhere, within their disruption budgets, and keeps new ones away.',
  parameters: z.strictObject({ deleteLocalFiles: z.boolean().optional() }),
  choose(before) {
    const no = notForNodes(before);
    if (no !== null) return no;
    if (before.node?.carries.length === 0) return notFound('nothing runs on it that could be moved');
    return found(filesLost(before) > 0 ? { deleteLocalFiles: true } : {});
  },
  inverse: { action: 'uncordon', parameters: () => ({}) },
  cost: costOfMoving,
  risks: ['medium', 'high'],
  risk: ({ blastRadius }) => (blastRadius >= 1 ? 'high' : 'medium'),
  timesPerIncident: 1,
  settleSeconds: 5,
  dependsOn: nodeFacts,
  expect: (before) => withNode(before, { cordoned: 'by-sentinel', carries: [] }),
  replaces: none,
  touches: (before) => [...poolOf(before), ...(before.node?.carries ?? []).map(({ key }) => key)],
  describe(before, { deleteLocalFiles }) {
    const carries = before.node?.carries ?? [];
    const here = carries.reduce((sum, one) => sum + one.here, 0);
    const alone = carries.filter(({ elsewhere }) => elsewhere === 0).length;
    const targets = carries.length === 1 ? '1 target' : `${carries.length} targets`;
    const gap = alone === 0 ? '' : `; ${alone} of the targets have no other replica and are away meanwhile`;
    const files =
      deleteLocalFiles === true ? `; local files of ${words.replicas(filesLost(before))} are lost` : '';
    return {
      before: `${words.replicas(here)} of ${targets} on it are ready`,
      after: `everything that can be moved runs elsewhere, and no new replicas go there; nothing moves back by itself${gap}${files}`,
    };
  },
};

/** The worst share of a target that is away while its replicas move. What nobody could look at counts as all of it. */
function costOfMoving({ node }: ObservedState): Cost {
  const shares = node?.carries.map(({ here, elsewhere }) => here / Math.max(1, here + elsewhere)) ?? [1];
  const blastRadius = Math.max(0, ...shares);
  return { downtimeSeconds: blastRadius >= 1 ? restartSeconds : 0, blastRadius };
}

function filesLost({ node }: ObservedState): number {
  return node?.losesFilesOf ?? 0;
}
