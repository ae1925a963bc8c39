// Silences as far as a key reaches: those that name nothing beyond it. One that names no environment holds everywhere, and so here.

import { type Reach, reaches, reachesInto } from '../../domain/policy/reach.ts';
import type { Matcher } from '../../domain/silences/matchers.ts';
import type { Silence } from '../../domain/silences/silence.ts';
import type { Silences } from '../ports/silences.ts';
import { OutOfReach } from './out-of-reach.ts';

export function silencesWithin(
  reach: Reach,
  all: Silences,
  requireIncident: (incidentId: string) => Promise<void>,
): Silences {
  const allowed = async (id: string): Promise<Silence | null> => {
    const found = await all.get(id);
    if (found !== null && !tellable(reach, found)) throw new OutOfReach(reach, 'this silence');
    return found;
  };
  return {
    // These judge the reach of the principal they are given.
    create: all.create,
    change: all.change,
    end: all.end,
    list: async () => (await all.list()).filter((one) => tellable(reach, one)),
    get: allowed,
    async findings(id) {
      await allowed(id);
      const found = await all.findings(id);
      return found.filter(({ environment, service }) => reaches(reach, environment, service));
    },
    async versions(id) {
      await allowed(id);
      return (await all.versions(id)).filter((one) => tellable(reach, one));
    },
    async preview(matchers) {
      const { incidents } = await all.preview(matchers);
      const reached = incidents.filter(({ environment, service }) => reaches(reach, environment, service));
      return { incidents: reached, of: reached.length };
    },
    async ofIncident(incidentId) {
      await requireIncident(incidentId);
      return all.ofIncident(incidentId);
    },
    async ofService(environment, service) {
      if (!reaches(reach, environment, service))
        throw new OutOfReach(reach, `the service ${service} of ${environment}`);
      return all.ofService(environment, service);
    },
  };
}

function tellable(reach: Reach, { matchers, source }: Silence): boolean {
  const named = (label: string): Matcher | undefined =>
    matchers.find((one) => one.label === label && one.is === '=');
  const environments = source?.environments ?? [];
  const environment = named('environment')?.value;
  const service = named('service')?.value;
  if (environment === undefined)
    return (
      (source === null || environments.some((one) => reachesInto(reach, one))) &&
      (service === undefined || reaches({ services: reach.services }, '*', service))
    );
  return service === undefined ? reachesInto(reach, environment) : reaches(reach, environment, service);
}
