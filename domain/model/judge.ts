// What of a model's answer may stand: causes of the taxonomy, services this incident can be about, evidence that exists and
// is about them, actions the runbook has for that cause. The rest is dropped, counted and kept for people to see. Total:
// any value gets a judgement, because an answer is untrusted input.

import { type Cause, causes } from '../diagnosis/causes.ts';
import type { Evidence } from '../diagnosis/diagnosis.ts';
import type { Dropped, DropReason, JudgedAnswer, ModelHypothesis } from '../diagnosis/opinion.ts';
import type { ActionId } from '../remediation/actions/index.ts';
import { isActionId } from '../remediation/actions/index.ts';
import type { Runbook } from '../remediation/runbook.ts';
import { answerLimits, answerSchema, claimSchema } from './answer.ts';
import { redactForModel } from './redact-for-model.ts';
import { harmlessWords } from './text.ts';

/** What claims are held against; nothing of it comes from the model. */
export type JudgingContext = {
  readonly evidence: readonly Evidence[];
  /** Services that can be observed. */
  readonly services: ReadonlySet<string>;
  /** Services whose evidence may speak for a claim about one: itself and its neighbours in the graph. */
  readonly neighbours: (service: string) => ReadonlySet<string>;
  /** Services this incident may be about. */
  readonly blastSet: ReadonlySet<string>;
  readonly runbook: Runbook;
};

/** The judged answer; null when the value is no answer at all. Never throws. */
export function judgeAnswer(answer: unknown, context: JudgingContext): JudgedAnswer | null {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) return null;
  const { verdict, summary, hypotheses: claims, risks } = parsed.data;
  const dropped: Dropped[] = [];
  const drop = (what: unknown, why: DropReason): void => {
    dropped.push({ what: shownPart(what), why });
  };
  const hypotheses: ModelHypothesis[] = [];
  for (const claim of claims) {
    const hypothesis = judgeClaim(claim, context, drop);
    if (hypothesis === null) continue;
    const repeated = hypotheses.some(
      ({ cause, service }) => cause === hypothesis.cause && service === hypothesis.service,
    );
    if (repeated) drop(`${hypothesis.cause} in ${hypothesis.service}`, 'repeated');
    else if (hypotheses.length >= answerLimits.hypotheses) {
      drop(`${hypothesis.cause} in ${hypothesis.service}`, 'too-many');
    } else hypotheses.push(hypothesis);
  }
  const riskWords = risks.flatMap((risk) => {
    const words = typeof risk === 'string' ? wordsOf(risk, answerLimits.riskLength) : '';
    if (words === '') drop(risk, 'malformed');
    return words === '' ? [] : [words];
  });
  for (const risk of riskWords.slice(answerLimits.risks)) drop(risk, 'too-many');
  return {
    // A model that is sure of nothing has no hypotheses, whatever it lists beside that.
    hypotheses: verdict === 'inconclusive' ? [] : hypotheses,
    inconclusive: verdict === 'inconclusive',
    words: wordsOf(summary, answerLimits.summaryLength),
    riskWords: riskWords.slice(0, answerLimits.risks),
    dropped,
  };
}

type Drop = (what: unknown, why: DropReason) => void;

function judgeClaim(claim: unknown, context: JudgingContext, drop: Drop): ModelHypothesis | null {
  const parsed = claimSchema.safeParse(claim);
  if (!parsed.success) {
    drop(claim, 'malformed');
    return null;
  }
  const { cause, service, confidence, reason } = parsed.data;
  const what = `${cause} in ${service}`;
  const refuse = (why: DropReason): null => {
    drop(what, why);
    return null;
  };
  if (!isCause(cause)) return refuse('unknown-cause');
  if (!context.services.has(service)) return refuse('unknown-service');
  if (!context.blastSet.has(service)) return refuse('outside-reach');
  const known = (ids: readonly string[]) => existing(ids, context.evidence, drop);
  const evidenceFor = known(parsed.data.evidenceFor);
  if (evidenceFor.length === 0) return refuse('uncited');
  const near = context.neighbours(service);
  const about = context.evidence.filter(
    ({ id, scope, provenance }) =>
      evidenceFor.includes(id) && near.has(scope.service) && provenance !== 'memory',
  );
  if (about.length === 0) return refuse('unrelated-evidence');
  return {
    cause,
    service,
    confidence,
    evidenceFor,
    evidenceAgainst: known(parsed.data.evidenceAgainst).filter((id) => !evidenceFor.includes(id)),
    actions: allowedActions(parsed.data.actions, cause, context.runbook, drop),
    words: wordsOf(reason, answerLimits.wordsLength),
  };
}

function existing(ids: readonly string[], evidence: readonly Evidence[], drop: Drop): readonly string[] {
  const kept: string[] = [];
  for (const id of new Set(ids)) {
    if (!evidence.some((one) => one.id === id)) drop(id, 'unknown-evidence');
    else if (kept.length >= answerLimits.evidenceIds) drop(id, 'too-many');
    else kept.push(id);
  }
  return kept;
}

function allowedActions(
  actions: readonly string[],
  cause: Cause,
  runbook: Runbook,
  drop: Drop,
): readonly ActionId[] {
  const kept: ActionId[] = [];
  for (const action of new Set(actions)) {
    if (!isActionId(action)) drop(action, 'unknown-action');
    else if (!runbook[cause].candidates.some((candidate) => candidate.action === action)) {
      drop(action, 'not-in-runbook');
    } else if (kept.length >= answerLimits.actions) drop(action, 'too-many');
    else kept.push(action);
  }
  return kept;
}

function isCause(text: string): text is Cause {
  return (causes as readonly string[]).includes(text);
}

/** A model may repeat what it was shown; what may hold a secret is left out here as well. */
function wordsOf(text: string, maxLength: number): string {
  return harmlessWords(redactForModel(text) ?? '', maxLength);
}

function shownPart(part: unknown): string {
  return wordsOf(textOf(part).slice(0, 400), 120) || '(not shown)';
}

/** Some values have no JSON: too deep, or of a kind that JSON does not know. */
function textOf(part: unknown): string {
  if (typeof part === 'string') return part;
  try {
    return JSON.stringify(part) ?? typeof part;
  } catch {
    return typeof part;
  }
}
