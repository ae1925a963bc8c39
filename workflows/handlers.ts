// Signals, updates and queries of an incident. Handlers record and return at once; the main loop acts. An update's
// validator refuses with one of the reasons of messages.ts, and leaves no trace in history.

import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { Anomaly } from '../domain/detection/anomaly.ts';
import { wasSeen } from '../domain/incident/anomalies.ts';
import { type Decision, isRollbackNews, type Rejection } from '../domain/incident/decide.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import { nameOf } from '../domain/policy/identity.ts';
import { knowsWhatItDoesNotKeep } from './changes.ts';
import * as messages from './messages.ts';
import type { Run, StopRequest } from './run.ts';
import { stopRun } from './steps/stop.ts';

const accepted: messages.Accepted = { accepted: true };

/** Registers every handler; before anything is awaited, so that no message finds the door shut. */
export function registerHandlers(run: Run): void {
  const { journal } = run;

  const observed = (anomaly: Anomaly): void => {
    const state = journal.state();
    const { status, anomalies } = state;
    const isNew = anomalies[anomaly.id] === undefined;
    if (isNew && wasSeen(state, anomaly.id) && knowsWhatItDoesNotKeep()) return;
    // What a person has in hand takes no new symptom that Sentinel could explain and mend.
    const ours =
      status === 'handed-over' && anomaly.detector !== 'external' && !knownSeries(anomalies, anomaly);
    if (isNew && (status === 'closed' || ours)) run.late.push(anomaly);
    else journal.record({ type: 'anomaly-observed', anomaly });
  };
  const cleared = ({ anomalyId, clearedMs }: { anomalyId: string; clearedMs: number }): void => {
    journal.record({ type: 'anomaly-cleared', anomalyId, clearedMs });
    run.late = run.late.filter((anomaly) => anomaly.id !== anomalyId);
  };
  setHandler(messages.anomalyObserved, observed);
  setHandler(messages.anomalyCleared, cleared);
  setHandler(messages.anomalyNews, (news) => {
    for (const one of news) {
      if (one.kind === 'observed') observed(one.anomaly);
      else cleared(one);
    }
  });

  const decided = (decision: messages.ApprovalDecided): Decision => {
    run.nudged = true; // whatever the message says: the store is the authority, so look there
    return journal.record({ type: 'approval-recorded', ...decision });
  };
  setHandler(messages.approvalDecided, (decision) => {
    decided(decision);
  });
  setHandler(
    messages.decideApproval,
    (decision) => {
      decided(decision);
      return accepted;
    },
    {
      validator: (decision) => {
        requireText(decision, ['approvalId', 'planHash', 'actor']);
        refuseUnless(journal.consider({ type: 'approval-recorded', ...decision }));
      },
    },
  );

  const stopWith =
    (kind: StopRequest['kind']) =>
    ({ actor, reason }: { actor: string; reason: string }): messages.Accepted => {
      if (journal.state().status === 'handed-over') {
        if (kind === 'abort') run.closing = { actor, reason };
        else journal.record({ type: 'handed-over', outcome: 'taken-over', actor, reason });
        return accepted;
      }
      stopRun(run, { kind, actor, reason });
      return accepted;
    };
  const stoppable = (kind: StopRequest['kind']) => (who: { actor: string; reason: string }) => {
    requireText(who, ['actor']);
    const { status } = journal.state();
    // Whoever takes over while Sentinel undoes after an abort wants that to end, too.
    const goesFurther = run.stop?.kind === 'abort' && kind === 'take-over';
    if (status === 'handed-over' ? run.closing !== null : run.stop !== null && !goesFurther)
      throw refusal('already-decided', `${nameOf((run.closing ?? run.stop)?.actor ?? '')} was first`);
    if (status === 'closed') throw refusal('closed', 'the incident is closed');
  };
  setHandler(messages.takeOver, stopWith('take-over'), { validator: stoppable('take-over') });
  setHandler(messages.abort, stopWith('abort'), {
    validator: (who) => {
      stoppable('abort')(who);
      // Told late, after somebody else has taken over: nothing is left to undo, and the incident is theirs to close.
      const { status, outcome } = journal.state();
      if (status === 'handed-over' && outcome === 'taken-over')
        throw refusal('handed-over', 'a person has this incident in hand; to end it, close it');
    },
  });
  setHandler(messages.closeIncident, stopWith('abort'), {
    validator: (who) => {
      stoppable('abort')(who);
      if (journal.state().status !== 'handed-over')
        throw refusal('not-handed-over', 'Sentinel works on this incident: take it over, or abort the work');
    },
  });

  setHandler(
    messages.effectSettled,
    (settled) => {
      const repeated = journal
        .timeline()
        .some((event) => event.type === 'effect-settled' && event.intentId === settled.intentId);
      if (!repeated) journal.record({ type: 'effect-settled', ...settled });
      return accepted;
    },
    {
      validator: (settled) => {
        requireText(settled, ['intentId', 'direction', 'actor']);
        refuseUnless(journal.consider({ type: 'effect-settled', ...settled }));
      },
    },
  );

  setHandler(
    messages.rollbackNews,
    (news) => {
      const repeated = journal
        .timeline()
        .some((event) => isRollbackNews(event) && event.newsId === news.newsId);
      if (!repeated) journal.record(news);
      // What people had undone is not owed any more.
      const effect = journal.state().effects.find(({ intentId }) => intentId === news.intentId);
      if (effect !== undefined && (effect.status === 'undone' || effect.status === 'not-needed'))
        run.saga.forget(effect);
      return accepted;
    },
    {
      validator: (news) => {
        requireText(news, ['newsId', 'requestId', 'intentId']);
        refuseUnless(isRollbackNews(news) ? journal.consider(news) : { accepted: false, reason: 'not-open' });
      },
    },
  );

  setHandler(
    messages.addNote,
    (note) => {
      const repeated = journal
        .timeline()
        .some((event) => event.type === 'note-added' && event.noteId === note.noteId);
      if (!repeated) journal.record({ type: 'note-added', ...note });
      return accepted;
    },
    {
      validator: (note) => {
        requireText(note, ['noteId', 'actor', 'text']);
        refuseUnless(journal.consider({ type: 'note-added', ...note }));
      },
    },
  );

  setHandler(messages.stateQuery, () => journal.state());
  setHandler(messages.timelineQuery, () => journal.timeline());
  setHandler(messages.planQuery, () => journal.state().hashedPlan);
}

function knownSeries(anomalies: IncidentState['anomalies'], { seriesKey }: Anomaly): boolean {
  return Object.values(anomalies).some((known) => known.seriesKey === seriesKey);
}

function refuseUnless(decision: Decision): void {
  if (!decision.accepted)
    throw refusal(refusalOf(decision.reason), `the incident does not take this: ${decision.reason}`);
}

function refusalOf(reason: Rejection): messages.UpdateRefusal {
  switch (reason) {
    case 'not-awaiting':
    case 'stale-plan':
    case 'already-decided':
    case 'expired':
    case 'closed':
      return reason;
    case 'not-open':
    case 'already-open':
    case 'duplicate':
    case 'unknown-anomaly':
    case 'anomaly-limit':
    case 'out-of-order':
    case 'wrong-attempt':
    case 'no-plan':
    case 'no-grant':
    case 'unknown-intent':
    case 'not-verified':
      return 'invalid';
  }
}

/** Arguments come from outside the type system: an update with a missing field is refused, not recorded. */
function requireText<T extends object>(argument: T | undefined, fields: readonly (keyof T & string)[]): void {
  for (const field of fields) {
    const value: unknown = argument?.[field];
    if (typeof value !== 'string' || value === '')
      throw refusal('invalid', `"${field}" must be a text that is not empty`);
  }
}

function refusal(reason: messages.UpdateRefusal, detail: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${reason}: ${detail}`, messages.updateRefused);
}
