// Which services an incident can be about: those that showed something, whatever they depend on, and their callers.
// Trouble elsewhere at the same time belongs to another incident.

import type { Graph } from './graph.ts';
import type { DiagnosisInput } from './input.ts';

export function reach(input: DiagnosisInput, graph: Graph): ReadonlySet<string> {
  const near = new Set(input.anomalies.map(({ scope }) => scope.service));
  if (near.size === 0) return new Set(graph.services);
  const callers = [...near].flatMap((service) => graph.callers(service));
  const open = [...near];
  for (let service = open.pop(); service !== undefined; service = open.pop()) {
    for (const callee of graph.callees(service)) {
      if (near.has(callee)) continue;
      near.add(callee);
      open.push(callee);
    }
  }
  return new Set([...near, ...callers]);
}
