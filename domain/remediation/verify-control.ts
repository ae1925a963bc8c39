// The control of the experiment: a service that was not touched, and that the touched one cannot have made ill, was ill
// in the same way and got well at the same time. Then it may have got better by itself.

import { judgeErrors, judgeLatency } from './verify-calls.ts';
import type { VerificationInput } from './verify-input.ts';
import { serverRows } from './verify-symptoms.ts';
import type { Judged, VerificationTimes } from './verify-windows.ts';

export function controlImproved(input: VerificationInput, times: VerificationTimes): boolean {
  if (input.effectAtMs === null) return false;
  const callers = upstream(input.targetService, input);
  const services = new Set(input.calls.filter(({ side }) => side === 'server').map(({ service }) => service));
  return [...services].some((service) => {
    if (service === input.targetService || callers.has(service)) return false;
    const question = {
      seriesKey: '',
      what: service,
      rows: serverRows(service, input.calls),
      times,
      config: input.config,
      normal: null,
    };
    return (
      improved(judgeErrors(question, 'symptom'), 0.05, 2) ||
      improved(judgeLatency(question, 'latency-p50', 'symptom'), 20, 2)
    );
  });
}

function improved({ before, during, ok }: Judged, rise: number, factor: number): boolean {
  return ok === true && during >= before * factor && during - before >= rise;
}

/** Everybody who depends on the service, directly or not: they get well because it does. */
function upstream(service: string, { edges }: VerificationInput): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [service];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { caller, callee } of edges) {
      if (callee !== next || found.has(caller)) continue;
      found.add(caller);
      open.push(caller);
    }
  }
  return found;
}
