// ServiceMaps: the graph and the reach of an incident, from the stored input of its latest analysis. That input is large
// (all telemetry that was looked at) and never changes, so what is made of it is kept for the next look.

import type { Kysely } from 'kysely';
import type { ServiceMap, ServiceMaps } from '../../api/ports/services.ts';
import { buildGraph } from '../../domain/diagnosis/graph.ts';
import type { DiagnosisInput } from '../../domain/diagnosis/input.ts';
import { blastSet } from '../../domain/incident/blast-set.ts';
import type { Schema } from './database/schema.ts';
import { storable } from './text.ts';

const keptMaps = 200;

export function createServiceMaps(db: Kysely<Schema>): ServiceMaps {
  const known = new Map<string, ServiceMap>();
  return {
    async of(incidentId) {
      const latest = await db
        .selectFrom('evidence')
        .select('ref')
        .where('incident_id', '=', storable(incidentId))
        .orderBy('attempt', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (latest === undefined) return null;
      const { ref } = latest;
      const remembered = known.get(ref);
      if (remembered !== undefined) return remembered;
      const { input } = await db
        .selectFrom('evidence')
        .select('input')
        .where('ref', '=', ref)
        .executeTakeFirstOrThrow();
      const map = serviceMapOf(input);
      known.set(ref, map);
      const [oldest] = known.keys();
      if (known.size > keptMaps && oldest !== undefined) known.delete(oldest);
      return map;
    },
  };
}

function serviceMapOf(input: DiagnosisInput): ServiceMap {
  const graph = buildGraph(input);
  const reach = blastSet(input);
  const callers = new Set([...graph.services, ...reach, ...input.edges.map(({ caller }) => caller)]);
  const edges = [...callers].flatMap((caller) => graph.callees(caller).map((callee) => ({ caller, callee })));
  const services = [...new Set([...callers, ...edges.map(({ callee }) => callee)])].toSorted();
  return {
    services,
    edges,
    outside: services.filter((service) => graph.isOutside(service)),
    blastSet: [...reach].toSorted(),
  };
}
