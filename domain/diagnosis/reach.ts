// Which services an incident can be about: those that showed something and whatever they depend on, less so their
// callers. Trouble elsewhere at the same time belongs to another incident: naming it sends people to the wrong team.

import type { Graph } from './graph.ts';
import type { DiagnosisInput } from './input.ts';
import { thresholds } from './thresholds.ts';

/** Share of its score a hypothesis about a service keeps; none out of reach. */
export function reach(input: DiagnosisInput, graph: Graph): (service: string) => number {
  const near = new Set(input.anomalies.map(({ scope }) => scope.service));
  const callers = new Set([...near].flatMap((service) => graph.callers(service)));
  const anywhere = near.size === 0;
  const open = [...near];
  for (let service = open.pop(); service !== undefined; service = open.pop()) {
    for (const callee of graph.callees(service)) {
      if (near.has(callee)) continue;
      near.add(callee);
      open.push(callee);
    }
  }
  return (service) => {
    if (anywhere || near.has(service)) return 1;
    return callers.has(service) ? thresholds.rank.caller : 0;
  };
}
