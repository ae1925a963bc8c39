// Is the symptom gone? Reads the symptom's own series again, from before the onset until now, and lets the domain judge.
// History that cannot be read makes the answer `unverified`: it never resolves anything. Nor does a good moment of a target that
// is not as the plan left it any more, before samples have shown what its new state is like.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Anomaly } from '../domain/detection/anomaly.ts';
import { soundOnset } from '../domain/detection/onset.ts';
import { afterLook, type InPlace, type Kept, keptOf } from '../domain/remediation/in-place.ts';
import type { Plan } from '../domain/remediation/plan.ts';
import type { VerificationResult } from '../domain/remediation/verification.ts';
import { verify } from '../domain/remediation/verify.ts';
import { patientEnough } from '../domain/remediation/verify-pace.ts';
import type { CallBucket, MetricBucket } from '../domain/telemetry.ts';
import type { ActivityDeps } from './deps.ts';
import { finalFailure } from './failures.ts';
import { readCalls, readMetrics } from './paced-reading.ts';
import { startGathering } from './sources.ts';
import { observeTargets } from './targets.ts';
import { rangesAround } from './time-ranges.ts';
import type { Activities, Verified, VerifyInput } from './types.ts';

const sourceTimeoutMs = 5_000;

type VerifyDeps = Pick<
  ActivityDeps,
  'history' | 'evidence' | 'executors' | 'incidents' | 'plans' | 'verification' | 'ownLag' | 'clock'
>;

/** Not the wall clock: that may jump while somebody waits by it. */
const realTime = { nowMs: () => performance.now(), sleep: (ms: number): Promise<void> => sleep(ms) };

/** Several looks close together are one call: each of its own would cost the workflow a timer and two tasks. */
export function createVerify(deps: VerifyDeps, time = realTime): Activities['verify'] {
  const look = createLook(deps);
  return async (input) => {
    const { again } = input;
    if (again === undefined) return look(input);
    const endMs = time.nowMs() + again.forMs;
    let { inPlace } = input;
    for (;;) {
      await time.sleep(again.everyMs);
      const result = await look({ ...input, ...(inPlace && { inPlace }) });
      inPlace = result.inPlace;
      if (result.settled || time.nowMs() + again.everyMs > endMs) return result;
    }
  };
}

function createLook(deps: VerifyDeps): Activities['verify'] {
  return async (input) => {
    const { scope, targetService } = input;
    const plan = await carriedOut(deps, input);
    const anomalies = await recordedAnomalies(deps, input);
    const nowMs = deps.clock.nowMs();
    const onsetMs = soundOnset(anomalies, input.onsetMs, nowMs);
    const gathering = startGathering(sourceTimeoutMs);
    const telemetry = await readTelemetry(deps, { ...input, onsetMs }, nowMs);
    if (!telemetry.ok) return withInPlace(unverified(telemetry.reason), input.inPlace);
    const { calls, metrics } = telemetry;
    const [edges, targets] = await Promise.all([
      gathering.read({
        name: 'service graph',
        read: () => deps.evidence.edges(scope.environment),
        instead: [],
      }),
      observeTargets(gathering, deps.executors, scope.environment),
    ]);
    const config = patientEnough(deps.verification, input.actions, input.settleMs);
    const seen = { anomalies, calls, metrics, edges, targets };
    // After the samples, so that what is told was still so when the last of them had been taken.
    const kept = plan === null ? null : keptOf(plan, targets);
    const inPlace = kept === null ? undefined : afterLook(input.inPlace, kept, nowMs);
    const effectAtMs = sinceWhen(input.effectAtMs, inPlace);
    const result = verify({ ...seen, onsetMs, effectAtMs, nowMs, targetService, config });
    if (effectAtMs === null) return result;
    return withInPlace(await heldWhileBehind(asKept(result, kept), deps.ownLag), inPlace);
  };
}

/** Null where nothing was carried out, or a caller of an earlier version does not say what. */
async function carriedOut(
  { plans }: Pick<VerifyDeps, 'plans'>,
  { planHash }: VerifyInput,
): Promise<Plan | null> {
  if (planHash === undefined) return null;
  const stored = await plans.plan(planHash);
  if (stored === null) throw new Error(`plan ${planHash} is not stored`);
  return stored.plan;
}

/** Samples from before somebody else's change of a target say nothing of how it is now. */
function sinceWhen(effectAtMs: number | null, inPlace: InPlace | undefined): number | null {
  return effectAtMs === null ? null : Math.max(effectAtMs, inPlace?.sinceMs ?? 0);
}

function asKept(result: VerificationResult, kept: Kept | null): VerificationResult {
  const changed = kept?.changed ?? null;
  const words = changed === null ? '' : ` What was done is not there any more: ${changed}.`;
  const told = { ...result, reason: `${result.reason}${words}` };
  if (result.outcome !== 'recovered' || kept?.threat == null) return told;
  const reason = `Normal for now, and it may not last: ${kept.threat}.`;
  return { ...told, outcome: 'unverified', settled: false, reason };
}

function withInPlace(result: VerificationResult, inPlace: InPlace | undefined): Verified {
  return inPlace === undefined ? result : { ...result, inPlace };
}

/** A Sentinel that is kept from working sees late and little: what looks bad to it is no reason to undo anything. */
async function heldWhileBehind(
  result: VerificationResult,
  ownLag: VerifyDeps['ownLag'],
): Promise<VerificationResult> {
  if (result.outcome !== 'not-recovered' || ownLag === null) return result;
  const missing = await ownLag.missing();
  if (missing.length === 0) return result;
  return {
    ...result,
    outcome: 'unverified',
    settled: false,
    reason: `${missing.join(', ')}, so this is not certain: ${result.reason}`,
  };
}

/** The anomalies as recorded; a store that lost some of them must not make the rest look like all there is. */
async function recordedAnomalies(
  { incidents }: Pick<ActivityDeps, 'incidents'>,
  { incidentId, recordedSeq }: VerifyInput,
): Promise<readonly Anomaly[]> {
  const state = await incidents.state(incidentId);
  const storedSeq = state?.lastSeq ?? 0;
  if (state !== null && storedSeq >= recordedSeq) return Object.values(state.anomalies);
  throw finalFailure(
    'RecordBehind',
    `${incidentId} is recorded up to event ${storedSeq}, and the look is about event ${recordedSeq}`,
  );
}

type Telemetry =
  | { readonly ok: true; readonly calls: readonly CallBucket[]; readonly metrics: readonly MetricBucket[] }
  | { readonly ok: false; readonly reason: string };

/** All services are read: control series are those of neighbours that were not touched. */
async function readTelemetry(
  { history }: Pick<ActivityDeps, 'history'>,
  { scope, onsetMs, effectAtMs }: VerifyInput,
  nowMs: number,
): Promise<Telemetry> {
  const rangesAt = (paceMs: number) =>
    rangesAround(scope.environment, onsetMs, nowMs, effectAtMs ?? nowMs, paceMs);
  try {
    const [calls, metrics] = await Promise.all([
      readCalls(history, rangesAt),
      readMetrics(history, rangesAt),
    ]);
    return { ok: true, calls, metrics };
  } catch (error) {
    return {
      ok: false,
      reason: `history could not be read: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function unverified(reason: string): VerificationResult {
  return {
    outcome: 'unverified',
    settled: false,
    reason,
    freshSamples: 0,
    series: [],
    controlImprovedToo: false,
  };
}
