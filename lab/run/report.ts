// The words of the benchmark's JSON: one result for each scenario, and the summary over all.

export type RootCauseResult = {
  readonly service: string | null;
  readonly cause: string | null;
  readonly top1: boolean;
  readonly top3: boolean;
  readonly inconclusive: boolean;
};

export type ActionResult = { readonly action: string; readonly target: string; readonly right: boolean };

/** Success ratio (0 to 1) and 95th percentile over a few seconds. */
export type Health = { readonly successRatio: number; readonly p95Ms: number; readonly requests: number };

export type UsersResult = {
  readonly before: Health;
  /** Right before each incident was closed as resolved, oldest first. */
  readonly atClosing: readonly Health[];
  readonly atEnd: Health;
};

export type ScenarioResult = {
  readonly name: string;
  readonly seed: number;
  /** From the injection to the first incident it opened; null when none was opened. */
  readonly detectedMs: number | null;
  readonly incidents: number;
  /** Incidents opened before anything was injected. */
  readonly falseAlarms: number;
  readonly rootCause: RootCauseResult;
  readonly actions: readonly ActionResult[];
  /** `recovered` for a verified fix, else how the incident ended, `open` at the deadline, `none` without incident. */
  readonly outcome: string;
  /** By the load generator's own figures at the end. */
  readonly serviceRecovered: boolean;
  /** An incident was closed as resolved while the load generator still saw the symptom. */
  readonly falseResolved: boolean;
  /** Effects on the system that none of `fixedBy` names on the true service; compensations are not counted. */
  readonly needlessActions: number;
  /** Effects performed more than once for one intent. */
  readonly duplicateEffects: number;
  readonly verifiedMs: number | null;
  /** True when the right thing is to do something. */
  readonly needsAction: boolean;
  /** What a good responder would have done: fixed it by a right action and nothing else, or left alone what needed none. */
  readonly right: boolean;
  /** How users fared by the load generator's figures, which is what `serviceRecovered` and `falseResolved` are judged by. */
  readonly users: UsersResult | null;
  /** Why the run itself could not be judged; null when it could. */
  readonly error: string | null;
};

export type Summary = {
  readonly scenarios: number;
  readonly right: number;
  readonly rightRatio: number;
  readonly needAction: number;
  readonly recoveredByRightAction: number;
  readonly recoveredByRightActionRatio: number;
  readonly needNoAction: number;
  readonly actionsWhereNoneIsRight: number;
  readonly needlessActions: number;
  readonly falseResolved: number;
  readonly duplicateEffects: number;
  readonly falseAlarms: number;
  /** Over the runs with something to explain: an incident was opened, or something had to be done. */
  readonly top1Ratio: number;
  readonly top3Ratio: number;
  /** From the onset of the fault until its incident was opened. */
  readonly medianDetectedMs: number | null;
  readonly p95DetectedMs: number | null;
  readonly medianVerifiedMs: number | null;
  readonly errors: number;
};

export type Report = { readonly scenarios: readonly ScenarioResult[]; readonly summary: Summary };

export function summarise(results: readonly ScenarioResult[]): Summary {
  const needing = results.filter((result) => result.needsAction);
  const harmless = results.filter((result) => !result.needsAction);
  const right = needing.filter(
    (result) => result.outcome === 'recovered' && result.actions.some((action) => action.right),
  );
  const explained = results.filter((result) => result.needsAction || result.outcome !== 'none');
  const detected = results.flatMap((result) => result.detectedMs ?? []);
  const explainedBy = (how: 'top1' | 'top3') => explained.filter((result) => result.rootCause[how]).length;
  return {
    scenarios: results.length,
    right: results.filter((result) => result.right).length,
    rightRatio: ratio(results.filter((result) => result.right).length, results.length),
    needAction: needing.length,
    recoveredByRightAction: right.length,
    recoveredByRightActionRatio: ratio(right.length, needing.length),
    needNoAction: harmless.length,
    actionsWhereNoneIsRight: sum(harmless.map((result) => result.actions.length)),
    needlessActions: sum(results.map((result) => result.needlessActions)),
    falseResolved: results.filter((result) => result.falseResolved).length,
    duplicateEffects: sum(results.map((result) => result.duplicateEffects)),
    falseAlarms: sum(results.map((result) => result.falseAlarms)),
    top1Ratio: ratio(explainedBy('top1'), explained.length),
    top3Ratio: ratio(explainedBy('top3'), explained.length),
    medianDetectedMs: median(detected),
    p95DetectedMs: p95(detected),
    medianVerifiedMs: median(needing.flatMap((result) => result.verifiedMs ?? [])),
    errors: results.filter((result) => result.error !== null).length,
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const ratio = (part: number, whole: number) => (whole === 0 ? 1 : Math.round((part / whole) * 1000) / 1000);

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** The smallest value that 95 % of all do not exceed. */
function p95(values: readonly number[]): number | null {
  return values.toSorted((left, right) => left - right)[Math.ceil(0.95 * values.length) - 1] ?? null;
}
