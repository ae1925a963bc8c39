// What a language model says of a diagnosis, beside the statistics. It gets a bounded time, and the incident is never worse
// off for it: late, broken or off, the diagnosis stays what it was.

import { ActivityFailure, CancellationScope, condition, log, sleep } from '@temporalio/workflow';
import type { ModelAsk, ModelTurnResult } from '../../activities/types.ts';
import type { Diagnosis } from '../../domain/diagnosis/diagnosis.ts';
import { models } from '../proxies.ts';
import { type Run, throwIfStopped } from '../run.ts';
import { maxModelTurns, maxReanalyses } from '../timings.ts';
import { failureText } from './failures.ts';

type Opinion = Extract<ModelTurnResult, { kind: 'answered' | 'over' }>;

/** Asks, when a model is configured and its answer can matter; records what came of it. */
export async function consult(run: Run, attempt: number, evidenceRef: string): Promise<void> {
  const { journal, input, memory } = run;
  const { modelBudgetMs } = input.settings;
  const { diagnosis } = journal.state();
  if (modelBudgetMs === undefined || diagnosis === null) return;
  // Early evidence is thin, and comes again in a moment for nothing: a guess about it would only put people on the case.
  if (diagnosis.inconclusive && memory.reanalyses < maxReanalyses) return;
  journal.waitingFor('what a model says of it');
  const opinion = await within(modelBudgetMs, () => ask(run, attempt, evidenceRef, diagnosis));
  journal.record(
    opinion.kind === 'answered'
      ? { type: 'model-consulted', attempt, outcome: 'answered', reason: '', diagnosis: opinion.diagnosis }
      : { type: 'model-consulted', attempt, outcome: 'unavailable', reason: opinion.reason, diagnosis: null },
  );
}

/** One turn after the other, each an activity of its own: what was answered is not asked again after a crash. */
async function ask(run: Run, attempt: number, evidenceRef: string, diagnosis: Diagnosis): Promise<Opinion> {
  const { incidentId } = run.input;
  const { failedCauses } = run.memory;
  let next: ModelAsk = { provider: 0, repair: false, waited: false };
  let reason = '';
  for (let turn = 1; turn <= maxModelTurns; turn += 1) {
    const summary = `ask a model, turn ${turn}${reason === '' ? '' : ` (${reason})`}`.slice(0, 200);
    const result = await models.modelTurn.executeWithOptions({ summary }, [
      { incidentId, attempt, turn, evidenceRef, diagnosis, failedCauses, ask: next },
    ]);
    if (result.kind !== 'again') return result;
    if (result.waitMs > 0) await sleep(result.waitMs, { summary: 'the provider asked for a pause' });
    next = result.ask;
    reason = result.reason;
  }
  return { kind: 'over', reason };
}

/** The opinion, or why there is none within the time. A turn that is late goes on and is stored, but nobody waits for it. */
async function within(limitMs: number, work: () => Promise<Opinion>): Promise<Opinion> {
  const scope = new CancellationScope();
  const came: { opinion: Opinion | null; failure: unknown } = { opinion: null, failure: null };
  const working = scope.run(work).then(
    (answer) => {
      came.opinion = answer;
    },
    (error: unknown) => {
      came.failure = error;
    },
  );
  const done = (): boolean => came.opinion !== null || came.failure !== null;
  const inTime = await condition(done, limitMs, { summary: 'how long a model may take' });
  if (!inTime) scope.cancel();
  await working;
  throwIfStopped();
  const { opinion, failure } = came;
  if (opinion !== null) return opinion;
  if (!inTime) return { kind: 'over', reason: `no answer within ${limitMs} ms` };
  if (!(failure instanceof ActivityFailure)) throw failure;
  log.warn('a model could not be asked', { error: failureText(failure) });
  return { kind: 'over', reason: failureText(failure) };
}
