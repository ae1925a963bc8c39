// What an answer is held against, from the stored input of the diagnosis it is about.

import type { Evidence } from '../diagnosis/diagnosis.ts';
import { buildGraph } from '../diagnosis/graph.ts';
import type { DiagnosisInput } from '../diagnosis/input.ts';
import { blastSet } from '../incident/blast-set.ts';
import type { Runbook } from '../remediation/runbook.ts';
import type { JudgingContext } from './judge.ts';

export function judgingContext(
  input: DiagnosisInput,
  evidence: readonly Evidence[],
  runbook: Runbook,
): JudgingContext {
  const graph = buildGraph(input);
  return {
    evidence,
    services: new Set(graph.services),
    neighbours: (service) => new Set([service, ...graph.callees(service), ...graph.callers(service)]),
    blastSet: blastSet(input),
    runbook,
  };
}

/** Whether both causes would be met with the same action first. */
export function sameRemedy(runbook: Runbook): (left: keyof Runbook, right: keyof Runbook) => boolean {
  return (left, right) => {
    const [first] = runbook[left].candidates;
    const [second] = runbook[right].candidates;
    return first !== undefined && first.action === second?.action;
  };
}
