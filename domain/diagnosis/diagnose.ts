// The deterministic diagnosis: features, signs, one hypothesis test per cause and service, and their ranking. The same
// input always gives the same answer, so a stored input reproduces its diagnosis.

import { mayAct } from './causes.ts';
import { type Context, type Draft, type Suspect, suspects } from './context.ts';
import type { Diagnosis, Evidence, Hypothesis } from './diagnosis.ts';
import { type EvidenceBook, openBook } from './evidence.ts';
import { extractFeatures } from './features.ts';
import { hypothesisTests } from './hypotheses/index.ts';
import { isOver } from './hypotheses/transient-spike.ts';
import type { DiagnosisInput } from './input.ts';
import { missingEvidence } from './missing.ts';
import { percent, round, shown } from './names.ts';
import { reach } from './reach.ts';
import { readSigns } from './signs.ts';
import { thresholds } from './thresholds.ts';

/** A cause whose remedy was tried on a service and did not help. */
export type FailedCause = { readonly cause: string; readonly service: string };

export type DiagnosisResult = { readonly diagnosis: Diagnosis; readonly evidence: readonly Evidence[] };

/** Ranks what may be behind an incident, in its `analysis`th analysis. Never throws on strange telemetry; says `inconclusive` instead of guessing. */
export function diagnose(
  input: DiagnosisInput,
  failedCauses: readonly FailedCause[],
  analysis = 1,
): DiagnosisResult {
  const features = extractFeatures(input);
  const book = openBook(input.environment, analysis);
  const context: Context = { input, features, signs: readSigns(input, features), book };
  const missing = missingEvidence(input, features);
  const near = reach(input, features.graph);
  const weigh = weights(context, near, failedCauses);
  const ranked = suspects(context)
    .flatMap((suspect) => hypothesisTests.flatMap((test) => drafted(test(context, suspect), suspect)))
    .map(({ draft, onsetMs }) => ({ draft, onsetMs, score: weigh(draft) }))
    .filter(({ draft }) => near(draft.service) > 0)
    .sort((a, b) => b.score - a.score || a.onsetMs - b.onsetMs || compare(key(a.draft), key(b.draft)))
    .slice(0, thresholds.rank.keep);
  const hypotheses = ranked.map(({ draft, score }) => toHypothesis(draft, score, input.environment));
  const { inconclusive, reason } = conclude(hypotheses, missing);
  const awaits = inconclusive
    ? ranked.find(({ draft }) => draft.awaits !== undefined)?.draft.awaits
    : undefined;
  return {
    diagnosis: {
      ...{ hypotheses, inconclusive, missing, method: 'statistical' },
      ...(awaits === undefined ? { reason } : { reason: `${reason} Awaited: ${awaits.reading}.`, awaits }),
    },
    evidence: cited(book, hypotheses),
  };
}

function drafted(draft: Draft | null, { signs }: Suspect): readonly { draft: Draft; onsetMs: number }[] {
  return draft === null ? [] : [{ draft, onsetMs: signs.onset?.atMs ?? Number.MAX_SAFE_INTEGER }];
}

/** What a test's score is multiplied with: distance from the incident, a remedy that failed, symptoms that are over. */
function weights(
  context: Context,
  near: (service: string) => number,
  failed: readonly FailedCause[],
): (draft: Draft) => number {
  const over = isOver(context);
  return ({ cause, service, score }) => {
    const hadItsChance = failed.some((one) => one.cause === cause && one.service === service);
    const past = over && cause !== 'transient-spike';
    const weighed =
      score * near(service) * (hadItsChance ? thresholds.rank.failed : 1) * (past ? thresholds.rank.past : 1);
    return Number.isFinite(weighed) ? round(Math.min(1, Math.max(0, weighed))) : 0; // strange telemetry has no figures
  };
}

function toHypothesis(draft: Draft, score: number, environment: string): Hypothesis {
  const resource = draft.instance ? { resourceId: draft.instance } : {};
  return {
    cause: draft.cause,
    scope: { environment, service: draft.service, ...resource },
    score,
    reason: draft.reason,
    evidenceFor: draft.evidenceFor,
    evidenceAgainst: draft.evidenceAgainst,
    ...(draft.figures === undefined ? {} : { figures: draft.figures }),
    ...(draft.change === undefined ? {} : { change: draft.change }),
  };
}

/** Whether the best hypothesis may be acted on, or a person has to look. */
function conclude(
  hypotheses: readonly Hypothesis[],
  missing: readonly string[],
): Pick<Diagnosis, 'inconclusive' | 'reason'> {
  const [best, second] = hypotheses;
  const { floor, margin } = thresholds.rank;
  if (best === undefined) {
    const why = missing.length > 0 ? `; missing: ${missing.join(', ')}` : '';
    return { inconclusive: true, reason: `Nothing measured explains it${why}.` };
  }
  const what = `${best.cause} at ${shown(best.scope.service)} (${percent(best.score)})`;
  if (best.score < floor) return { inconclusive: true, reason: `The best guess is weak: ${what}.` };
  // Between two ways to act the better one is tried first and checked; between acting and leaving alone a person decides.
  const rival = second !== undefined && best.score - second.score < margin ? second : null;
  if (rival !== null && mayAct(best.cause) !== mayAct(rival.cause)) {
    const other = `${rival.cause} at ${shown(rival.scope.service)} (${percent(rival.score)})`;
    return {
      inconclusive: true,
      reason: `${what} and ${other} are too close, and only one of them asks for an action.`,
    };
  }
  return { inconclusive: false, reason: `${what}: ${best.reason}` };
}

/** Evidence no kept hypothesis cites is left out; ids stay as they were found. */
function cited(book: EvidenceBook, hypotheses: readonly Hypothesis[]): readonly Evidence[] {
  const ids = new Set(
    hypotheses.flatMap(({ evidenceFor, evidenceAgainst }) => [...evidenceFor, ...evidenceAgainst]),
  );
  return book.all().filter(({ id }) => ids.has(id));
}

function key({ cause, service }: Draft): string {
  return `${service}\n${cause}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
