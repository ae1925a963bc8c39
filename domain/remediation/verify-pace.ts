// How long it will take to know whether a plan helped, told before anybody approves it: telemetry that comes once a minute needs
// minutes, not seconds.

import type { DiagnosisInput } from '../diagnosis/input.ts';
import { type ActionId, actions } from './actions/index.ts';
import type { PlanStep } from './plan.ts';
import { verify } from './verify.ts';
import type { VerificationConfig } from './verify-config.ts';

/** Some actions and some vendors need longer than others before an effect shows. */
export function patientEnough(
  config: VerificationConfig,
  performed: readonly ActionId[],
  vendorSettleMs = 0,
): VerificationConfig {
  const settleSeconds = Math.max(
    config.settleSeconds,
    vendorSettleMs / 1_000,
    ...performed.map((action) => actions[action].settleSeconds),
  );
  return { ...config, settleSeconds };
}

/** From the end of the effect; undefined where samples come every second, and the usual limits do. */
export function answerTakesMs(
  evidence: DiagnosisInput,
  steps: readonly PlanStep[],
  config: VerificationConfig,
): number | undefined {
  const { anomalies, calls, metrics, edges, targets, onsetMs, nowMs } = evidence;
  return verify({
    ...{ anomalies, calls, metrics, edges, targets, onsetMs, nowMs },
    effectAtMs: null,
    targetService: steps.at(-1)?.target.service ?? '',
    config: patientEnough(
      config,
      steps.map(({ action }) => action),
    ),
  }).answerTakesMs;
}
