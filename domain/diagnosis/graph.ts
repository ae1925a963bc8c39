// The service graph as the telemetry and the stored edges show it, and who is inside (can be observed) or outside.

import type { CallEdge, DiagnosisInput } from './input.ts';
import type { Onset } from './onset.ts';
import { thresholds } from './thresholds.ts';

export type Graph = {
  readonly services: readonly string[];
  callees(service: string): readonly string[];
  callers(service: string): readonly string[];
  /** Called, but never heard of by itself: no server spans, no metrics, no target. */
  isOutside(service: string): boolean;
  /** Inside, and called by nobody inside. */
  isEntry(service: string): boolean;
};

export function buildGraph(input: DiagnosisInput): Graph {
  const inside = new Set<string>();
  for (const target of input.targets) inside.add(target.target.service);
  for (const call of input.calls) inside.add(call.service);
  for (const metric of input.metrics) inside.add(metric.service);
  const out = new Map<string, Set<string>>();
  const into = new Map<string, Set<string>>();
  const add = ({ caller, callee }: CallEdge) => {
    if (caller === callee || caller === '' || callee === '') return;
    entry(out, caller).add(callee);
    entry(into, callee).add(caller);
  };
  for (const edge of input.edges) add(edge);
  for (const call of input.calls) {
    if (call.side === 'client') add({ caller: call.service, callee: call.peer });
  }
  const sorted = (set: ReadonlySet<string> | undefined) => [...(set ?? [])].sort();
  const callers = (service: string) => sorted(into.get(service));
  return {
    services: sorted(inside),
    callees: (service) => sorted(out.get(service)),
    callers,
    isOutside: (service) => !inside.has(service),
    isEntry: (service) => inside.has(service) && !callers(service).some((caller) => inside.has(caller)),
  };
}

function entry(map: Map<string, Set<string>>, key: string): Set<string> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = new Set<string>();
  map.set(key, fresh);
  return fresh;
}

/** True when `b` began no later than `a`, as far as seconds or samples can tell; unknown onsets do not exclude. */
export function notLater(b: Onset | null, a: Onset | null): boolean {
  if (a === null || b === null) return true;
  return b.atMs <= a.atMs + Math.max(thresholds.onset.toleranceMs, b.withinMs);
}
