// Incidents as far as a key reaches: what it does not reach is left out of lists, and refused when it is asked for by its id.

import { type Reach, reaches } from '../../domain/policy/reach.ts';
import type { IncidentReader } from '../ports/incidents.ts';
import { OutOfReach } from './out-of-reach.ts';

export type ReachedIncidents = {
  readonly incidents: IncidentReader;
  /** Throws OutOfReach for an incident that is not reached. One that does not exist passes: whoever reads it says so. */
  require(incidentId: string): Promise<void>;
};

export function incidentsWithin(reach: Reach, all: IncidentReader): ReachedIncidents {
  const allowed = async (id: string) => {
    const found = await all.get(id);
    if (found !== null && !reaches(reach, found.summary.environment, found.summary.service))
      throw new OutOfReach(reach, 'this incident');
    return found;
  };
  const require = async (id: string): Promise<void> => void (await allowed(id));
  return {
    require,
    incidents: {
      // Where the incidents are read, so that pages stay full; a limit that the caller may have set already is narrowed.
      list: (filter, limit, cursor) => all.list({ ...filter, reach }, limit, cursor),
      get: allowed,
      async states(ids) {
        const found = await all.states(ids);
        return new Map(
          [...found].filter(([, { scope }]) => reaches(reach, scope.environment, scope.service)),
        );
      },
      async chain(id) {
        await require(id);
        const { earlier, continuedIn } = await all.chain(id);
        const ids = [...earlier.map(({ incidentId }) => incidentId), ...continuedIn];
        const states = await all.states(ids);
        const within = (one: string): boolean => {
          const scope = states.get(one)?.scope;
          return scope !== undefined && reaches(reach, scope.environment, scope.service);
        };
        return {
          earlier: earlier.filter(({ incidentId }) => within(incidentId)),
          continuedIn: continuedIn.filter(within),
        };
      },
      async timeline(id, afterSeq, limit) {
        await require(id);
        return all.timeline(id, afterSeq, limit);
      },
      async details(id) {
        await require(id);
        return all.details(id);
      },
      async outside(id) {
        await require(id);
        return all.outside(id);
      },
      async effects(id, limit, cursor) {
        await require(id);
        return all.effects(id, limit, cursor);
      },
      async members(id, limit, cursor) {
        await require(id);
        return all.members(id, limit, cursor);
      },
    },
  };
}
