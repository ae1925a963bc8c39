// What an action costs while it runs: how long the target serves less, and how much less at the worst moment.

import type { ActionId, ActionParameters } from './actions.ts';
import type { TargetState } from './target.ts';

export type Cost = { readonly downtimeSeconds: number; readonly blastRadius: number };

const free: Cost = { downtimeSeconds: 0, blastRadius: 0 };
/** A process that stops, starts and is found healthy again. */
const restartSeconds = 5;

export function effects(action: ActionId, before: TargetState, parameters: ActionParameters): Cost {
  const serving = before.replicas.filter(({ state }) => state === 'running').length;
  const one = serving === 0 ? 0 : 1 / serving;
  switch (action) {
    case 'clear-sandbox':
    case 'undrain':
      return free;
    case 'restart': {
      const only = before.replicas.find(({ id }) => id === parameters.taskId);
      // A replica that does not serve can lose nothing; a rolling restart takes one away at a time.
      if (serving === 0 || (only !== undefined && only.state !== 'running')) return free;
      return {
        downtimeSeconds: only === undefined ? restartSeconds * serving : restartSeconds,
        blastRadius: one,
      };
    }
    case 'rollback-release':
    case 'deploy-release':
      return { downtimeSeconds: restartSeconds * serving, blastRadius: one };
    case 'rollback-config':
    case 'apply-config':
      // Replicas load it one after the other, at worst by restarting.
      return { downtimeSeconds: serving === 0 ? 0 : restartSeconds, blastRadius: one };
    case 'scale': {
      const wanted = Number(parameters.replicas);
      const lost = Math.max(0, before.desiredReplicas - wanted);
      return lost === 0
        ? free
        : { downtimeSeconds: 0, blastRadius: lost / Math.max(1, before.desiredReplicas) };
    }
    case 'drain': {
      const drained = before.replicas.find(({ id }) => id === parameters.taskId);
      return drained?.state === 'running' ? { downtimeSeconds: 0, blastRadius: one } : free;
    }
  }
}
