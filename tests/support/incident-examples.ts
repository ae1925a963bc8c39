/** Examples of what an incident is made of: anomalies, steps, verdicts. */
import type { Anomaly } from '../../domain/detection/anomaly.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { PlanStep } from '../../domain/remediation/plan.ts';
import type { TargetState } from '../../domain/remediation/target.ts';

export const environment = 'test';
export const service = 'orders';

export const targetState: TargetState = {
  target: { environment, service },
  executor: 'fake',
  desiredReplicas: 2,
  replicas: [],
  release: 'r2',
  previousRelease: 'r1',
  config: 'c1',
  supports: ['restart', 'scale', 'rollback-release', 'deploy-release'],
};

export const auto: Verdict = { kind: 'auto', rule: 'low-risk', reason: 'low risk' };
export const deny: Verdict = { kind: 'deny', rule: 'never', reason: 'not here' };
export function approval(deadlineSeconds = 3_600): Verdict {
  return {
    kind: 'approval',
    rule: 'medium-risk',
    reason: 'medium risk',
    role: 'operator',
    quorum: 1,
    deadlineSeconds,
  };
}

export const rollback = planStep(
  'rollback-release',
  { to: 'r1' },
  { action: 'deploy-release', parameters: { release: 'r2' } },
);
export const scaleOut = planStep('scale', { replicas: 4 }, { action: 'scale', parameters: { replicas: 2 } });
export const restart = planStep('restart', {}, null);

function planStep(
  action: PlanStep['action'],
  parameters: PlanStep['parameters'],
  inverse: PlanStep['inverse'],
): PlanStep {
  return {
    action,
    target: { environment, service },
    executor: 'fake',
    parameters,
    inverse,
    reversible: inverse !== null,
    risk: 'low',
    downtimeSeconds: 0,
    blastRadius: 0.1,
    before: targetState,
  };
}

export function anomaly(id: string, overrides: Partial<Anomaly> = {}): Anomaly {
  return {
    id,
    state: 'firing',
    detector: 'error-ratio',
    signal: 'errors',
    scope: { environment, service },
    seriesKey: `series/${id}`,
    metric: 'error ratio',
    direction: 'up',
    onsetMs: 1_000,
    detectedMs: 2_000,
    expected: 0.01,
    seen: 0.4,
    score: 30,
    confidence: 0.99,
    severity: 'critical',
    summary: 'errors rose from 1 % to 40 %',
    ...overrides,
  };
}
