// What an incident's own plan may act on: the services that showed something, everything they depend on, and their direct
// callers. Whatever a diagnosis says, nothing outside of it is touched.

import { buildGraph } from '../diagnosis/graph.ts';
import type { DiagnosisInput } from '../diagnosis/input.ts';

/** Empty when no anomaly is known: then there is nothing to act on. */
export function blastSet(input: DiagnosisInput): ReadonlySet<string> {
  const graph = buildGraph(input);
  const shown = new Set(input.anomalies.map(({ scope }) => scope.service));
  const reached = new Set(shown);
  const open = [...shown];
  for (let service = open.pop(); service !== undefined; service = open.pop()) {
    const next = graph.callees(service).filter((callee) => !reached.has(callee));
    for (const callee of next) reached.add(callee);
    open.push(...next);
  }
  for (const caller of [...shown].flatMap((service) => graph.callers(service))) reached.add(caller);
  return reached;
}
