// Targets, hypotheses and steps for tests of remediation and policy.

import type { Cause } from '../../../domain/diagnosis/causes.ts';
import type { Diagnosis, Hypothesis } from '../../../domain/diagnosis/diagnosis.ts';
import { actionIds } from '../../../domain/remediation/actions/index.ts';
import type { Plan, PlanStep } from '../../../domain/remediation/plan.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';

export const environment = 'test';

export function target(service: string, more: Partial<TargetState> = {}): TargetState {
  return {
    target: { environment, service },
    executor: 'mock',
    desiredReplicas: 2,
    replicas: [1, 2].map((n) => ({ id: `${service}-${n}`, state: 'running', startedAtMs: 0, restarts: 0 })),
    release: 'v2',
    previousRelease: 'v1',
    config: 'c2',
    previousConfig: 'c1',
    sandbox: { usedBytes: 90, limitBytes: 100 },
    supports: actionIds,
    ...more,
  };
}

export function hypothesis(
  cause: Cause,
  service: string,
  score: number,
  more: Partial<Hypothesis> = {},
): Hypothesis {
  return {
    cause,
    scope: { environment, service },
    score,
    reason: `${cause} it is`,
    evidenceFor: ['E1'],
    evidenceAgainst: [],
    ...more,
  };
}

export function diagnosis(...hypotheses: readonly Hypothesis[]): Diagnosis {
  return { hypotheses, inconclusive: false, reason: 'clear', missing: [], method: 'statistical' };
}

export function step(more: Partial<PlanStep> = {}): PlanStep {
  const before = target('api');
  return {
    action: 'restart',
    target: before.target,
    executor: 'mock',
    parameters: {},
    inverse: null,
    reversible: true,
    risk: 'low',
    downtimeSeconds: 5,
    blastRadius: 0.5,
    before,
    ...more,
  };
}

export function plan(steps: readonly PlanStep[], risk: Plan['risk'] = 'low'): Plan {
  return { incidentId: 'i1', attempt: 1, cause: 'crash', reason: 'because', steps, risk };
}
