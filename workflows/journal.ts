// The incident's own record while it runs: commands become events and state here, and a pump beside the main loop
// carries the events to the store in order. Whoever records goes on at once; whoever is about to act on the outside waits
// for `drained`, so that no effect happens before the record of what led to it.
//
// The calls are no local activities, though those would halve the history: one of them may have reached the store when its
// workflow task is lost, and the task that is run again records the same numbers with other instants.

import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  log,
  rootCause,
  sleep,
} from '@temporalio/workflow';
import { type Decision, decide, type IncidentCommand } from '../domain/incident/decide.ts';
import type { IncidentEvent } from '../domain/incident/events.ts';
import { evolve } from '../domain/incident/evolve.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import { recordsInParts } from './changes.ts';
import { recordContradicted } from './messages.ts';
import { records } from './proxies.ts';
import { type LostEvents, refill } from './refill.ts';
import { failureType } from './steps/failures.ts';
import { keptEvents, longestRecord } from './timings.ts';
import { createProgress } from './visibility.ts';

/** After a record call failed for good (say, a payload refused): the events stay, and are tried again this much later. */
const retryRecordMs = 30_000;

/** Within a moment another step follows: they are carried to the store together with what it says. */
const unhurried: readonly IncidentEvent['type'][] = ['enriched', 'diagnosed', 'planned'];

export type Journal = {
  /** The incident as of now. */
  state(): IncidentState;
  /** The latest events, oldest first; bounded. */
  timeline(): readonly IncidentEvent[];
  /** Decides the command; what is accepted is part of the state from here on. */
  record(command: IncidentCommand): Decision;
  /** What the command would be answered; changes nothing. For update validators. */
  consider(command: IncidentCommand): Decision;
  /** Says in the Temporal Web UI what the incident is waiting for. */
  waitingFor(what: string): void;
  /** Resolves when everything recorded so far is in the store. */
  drained(): Promise<void>;
  /** Rejects when the store has another event under a number of this run: the run is not what happened. */
  contradicted(): Promise<never>;
  /** Resolves when the store was asked whether it still has everything, and has it again: a fail-over may lose a tail. */
  confirmed(): Promise<void>;
};

export type JournalStart = {
  readonly state: IncidentState | null;
  readonly timeline: readonly IncidentEvent[];
  /** A history from before `changes.ts` is replayed. */
  readonly fromBefore: boolean;
};

/** Starts a journal with its pump. Without a state in `start`, the first command must be `incident-opened`. */
export function startJournal(incidentId: string, start: JournalStart): Journal {
  const { fromBefore } = start;
  let current = start.state;
  const progress = createProgress(fromBefore, current);
  const recent: IncidentEvent[] = [...start.timeline];
  const outbox: IncidentEvent[] = [];
  let due = false;
  let confirming = false;
  let lost: LostEvents | null = null;
  let contradiction: string | null = null;

  function state(): IncidentState {
    if (current === null) throw new Error(`incident ${incidentId} has not been opened`);
    return current;
  }

  function record(command: IncidentCommand): Decision {
    const decision = decide(command, current, Date.now());
    if (!decision.accepted) {
      log.info('command rejected', { command: command.type, reason: decision.reason });
      return decision;
    }
    for (const event of decision.events) current = evolve(current, event, incidentId);
    outbox.push(...decision.events);
    recent.push(...decision.events);
    recent.splice(0, Math.max(0, recent.length - keptEvents));
    due ||= fromBefore || !unhurried.includes(command.type);
    progress.changed(state());
    return decision;
  }

  async function pump(): Promise<void> {
    for (;;) {
      await condition(() => confirming || (due && outbox.length > 0));
      due = false;
      // A call's payload has a limit, and so have the ten seconds in which it must be through.
      const inParts = lost === null && outbox.length > longestRecord && recordsInParts();
      const events = inParts ? outbox.slice(0, longestRecord) : [...outbox];
      try {
        const anchor = lost === null ? {} : { lost, state: state() };
        const answer = await records.recordEvents.executeWithOptions({ summary: summaryOf(events) }, [
          { incidentId, events, throughSeq: events.at(-1)?.seq ?? state().lastSeq, ...anchor },
        ]);
        if (answer?.recorded === false) {
          log.error('the store has lost events of this incident', { incidentId, ...answer });
          const again = refill(recent, events, answer.storedSeq);
          outbox.splice(0, events.length, ...again.events);
          lost = again.lost;
          if (lost !== null) record({ type: 'record-gap', ...lost });
          due = true;
          continue;
        }
        outbox.splice(0, events.length);
        if (inParts) {
          due = true;
          continue;
        }
        lost = null;
        confirming = false;
      } catch (error) {
        if (error instanceof ActivityFailure && failureType(error) === 'IncidentEventConflict') {
          contradiction = rootCause(error) ?? error.message;
          return;
        }
        due = true;
        log.error('events could not be recorded, will be tried again', { incidentId, error: String(error) });
        await sleep(retryRecordMs, { summary: 'before recording again' });
      }
    }
  }

  // Not cancellable: what happened must reach the store whatever becomes of the run.
  void CancellationScope.nonCancellable(pump).catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });

  return {
    state,
    timeline: () => recent,
    record,
    consider: (command) => decide(command, current, Date.now()),
    waitingFor(what) {
      due = true;
      progress.waiting(state(), what);
    },
    drained() {
      due = true;
      return condition(() => outbox.length === 0);
    },
    async contradicted() {
      await CancellationScope.nonCancellable(() => condition(() => contradiction !== null));
      throw ApplicationFailure.nonRetryable(
        `Temporal has gone back behind the record (restored from an older backup, or reset): ${contradiction}`,
        recordContradicted,
      );
    },
    confirmed() {
      confirming = true;
      return condition(() => !confirming && outbox.length === 0);
    },
  };
}

function summaryOf(events: readonly IncidentEvent[]): string {
  if (events.length === 0) return 'is everything still recorded?';
  const names = [...new Set(events.map((event) => event.type))];
  return `record ${names.slice(0, 4).join(', ')}${names.length > 4 ? ', …' : ''}`;
}
