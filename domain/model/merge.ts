// Two analyses become one diagnosis. The statistics are the floor: whatever the model says, their hypotheses stay, and no
// plan gets more freedom than without it. The model can change three things: the order of hypotheses that are close, a
// first guess where the statistics have none, and that a person is asked. The last goes with the first two, always.

import { mayAct } from '../diagnosis/causes.ts';
import type { Diagnosis, Hypothesis } from '../diagnosis/diagnosis.ts';
import { shown } from '../diagnosis/names.ts';
import type { JudgedAnswer, ModelHypothesis, ModelRelation } from '../diagnosis/opinion.ts';
import { thresholds } from '../diagnosis/thresholds.ts';

/** Hypotheses this close (in score) are close enough for the model to say which is tried first. */
const rerankMargin = 0.15;

export type MergeContext = {
  readonly environment: string;
  /** Provider and model, as configured. */
  readonly by: string;
  /** Causes whose remedy was tried in vain: the model cannot bring them back. */
  readonly failedCauses: readonly { readonly cause: string; readonly service: string }[];
  /** True when both causes would be met with the same action. */
  readonly sameRemedy: (left: Hypothesis['cause'], right: Hypothesis['cause']) => boolean;
};

/** The diagnosis with the model's view in it. Holds every hypothesis of `statistical`, with the scores it gave. */
export function mergeDiagnoses(
  statistical: Diagnosis,
  answer: JudgedAnswer,
  context: MergeContext,
): Diagnosis {
  const opinions = answer.hypotheses.filter((opinion) => !triedInVain(opinion, context));
  const [best] = opinions;
  const { relation, merged } =
    best === undefined ? withoutOpinion(statistical, answer) : withOpinion(statistical, best, context);
  return {
    ...withAdded(merged, opinions, context),
    model: {
      by: context.by,
      relation,
      words: answer.words,
      hypotheses: answer.hypotheses,
      riskWords: answer.riskWords,
      droppedClaims: answer.dropped.length,
    },
  };
}

type Merging = { readonly relation: ModelRelation; readonly merged: Diagnosis };

/** A model that cannot tell doubts a conclusion; one whose every claim fell through has said nothing. */
function withoutOpinion(statistical: Diagnosis, { inconclusive }: JudgedAnswer): Merging {
  if (!inconclusive || statistical.inconclusive) return { relation: 'nothing', merged: statistical };
  return { relation: 'doubts', merged: { ...statistical, contested: true } };
}

function withOpinion(statistical: Diagnosis, best: ModelHypothesis, context: MergeContext): Merging {
  const [first] = statistical.hypotheses;
  if (statistical.inconclusive || first === undefined) return explained(statistical, best, context);
  if (first.scope.service === best.service) {
    if (first.cause === best.cause) return { relation: 'agrees', merged: statistical };
    // Another name for the same trouble, met with the same action: what is done is not in dispute.
    if (mayAct(first.cause) && mayAct(best.cause) && context.sameRemedy(first.cause, best.cause)) {
      return { relation: 'agrees', merged: statistical };
    }
  }
  const rival = statistical.hypotheses.find((one) => isAbout(one, best));
  const close = rival !== undefined && first.score - rival.score <= rerankMargin;
  // Leaving alone never overtakes acting: hostile text must not be able to talk Sentinel out of a fix.
  const overtakes =
    close && mayAct(first.cause) && mayAct(rival.cause) && rival.score >= thresholds.rank.floor;
  const hypotheses = overtakes ? moveFirst(statistical.hypotheses, rival) : statistical.hypotheses;
  return { relation: 'disagrees', merged: { ...statistical, hypotheses, contested: true } };
}

/** Where the statistics cannot tell, a cited guess becomes a plan that a person can agree to, instead of none. */
function explained(statistical: Diagnosis, best: ModelHypothesis, context: MergeContext): Merging {
  if (!mayAct(best.cause)) return { relation: 'nothing', merged: statistical };
  const { floor } = thresholds.rank;
  const known = statistical.hypotheses.find((one) => isAbout(one, best));
  const guess = known ?? added(best, context);
  const raised = { ...guess, score: Math.max(floor, guess.score) };
  const others = statistical.hypotheses.filter((one) => one !== known);
  return {
    relation: 'explains',
    merged: {
      ...statistical,
      hypotheses: [raised, ...others],
      inconclusive: false,
      contested: true,
      method: 'model',
      reason: `The statistics cannot tell (${statistical.reason}) The model names ${best.cause} at ${shown(best.service)}, citing ${best.evidenceFor.join(', ')}.`,
    },
  };
}

/** What only the model named comes last, below what is acted on. */
function withAdded(
  diagnosis: Diagnosis,
  opinions: readonly ModelHypothesis[],
  context: MergeContext,
): Diagnosis {
  const fresh = opinions.filter((opinion) => !diagnosis.hypotheses.some((one) => isAbout(one, opinion)));
  if (fresh.length === 0) return diagnosis;
  const lowest = Math.min(thresholds.rank.floor - 0.05, ...diagnosis.hypotheses.map(({ score }) => score));
  const last = fresh.map((opinion) => ({ ...added(opinion, context), score: Math.max(0, lowest) }));
  return { ...diagnosis, hypotheses: [...diagnosis.hypotheses, ...last] };
}

/** A hypothesis in our own words: its reason travels into plans, where no text of a model belongs. */
function added(
  { cause, service, evidenceFor, evidenceAgainst }: ModelHypothesis,
  { environment }: MergeContext,
): Hypothesis {
  return {
    cause,
    scope: { environment, service },
    score: 0,
    reason: `Named by the model, citing ${evidenceFor.join(', ')}.`,
    evidenceFor,
    evidenceAgainst,
    by: 'model',
  };
}

function isAbout({ cause, scope }: Hypothesis, opinion: ModelHypothesis): boolean {
  return cause === opinion.cause && scope.service === opinion.service;
}

function triedInVain({ cause, service }: ModelHypothesis, { failedCauses }: MergeContext): boolean {
  return failedCauses.some((failed) => failed.cause === cause && failed.service === service);
}

function moveFirst(hypotheses: readonly Hypothesis[], one: Hypothesis): readonly Hypothesis[] {
  return [one, ...hypotheses.filter((other) => other !== one)];
}
