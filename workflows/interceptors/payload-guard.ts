// What reaches an incident through Temporal and is not from Sentinel (adapters/temporal/payloads) is refused here, one message at a
// time, and the incident goes on: a signal is dropped, an update is answered with the reason, an activity's forged answer is asked for
// again. A workflow that somebody else starts ends before it has done anything.
//
// Replays decide the same: by what the history holds, and when the run began. Nothing here takes a turn of the promise queue of its own
// where all is well: histories from before were made without it, and the order of their commands would change.

import {
  ApplicationFailure,
  log,
  proxyActivities,
  sleep,
  type WorkflowInterceptors,
} from '@temporalio/workflow';
import { refusalText, type Unauthenticated, unauthenticated } from '../../domain/unauthenticated.ts';
import type { IncidentInput } from '../messages.ts';
import { isMessage } from './message-shapes.ts';

/** Failure type of what was refused. */
const payloadRefused = 'PayloadRefused';
/** Whoever answers in place of an activity does it again; a pause keeps the history from filling at their pace. */
const askAgainMs = 5_000;

type Refused = Pick<Unauthenticated, 'reason' | 'keyId'>;

export function interceptors(): WorkflowInterceptors {
  // Runs from before there were keys have answers that nobody signed, and the order of their commands must not change.
  let answersAreSigned = false;

  return {
    inbound: [
      {
        execute(input, next) {
          const refused = refusedOf(input.args);
          if (refused !== null) return Promise.reject(startRefused(refused));
          const [start] = input.args as [IncidentInput | undefined];
          answersAreSigned = start?.settings?.answersAreSigned === true;
          return next(input);
        },

        handleSignal(input, next) {
          const { signalName, args } = input;
          const refused = refusedOf(args, 'a message');
          if (refused === null && isMessage(signalName, args[0])) return next(input);
          const foreign = { reason: 'foreign', keyId: null } as const;
          log.warn(refusalText(`The signal ${signalName}`, refused ?? foreign), { signalName });
          return Promise.resolve();
        },

        // Before it is accepted, and only then: what is in the history was accepted.
        validateUpdate(input, next) {
          requireOurs(`The update ${input.name}`, refusedOf(input.args, 'a message'));
          next(input);
        },

        async handleQuery(input, next) {
          requireOurs(`The query ${input.queryName}`, refusedOf(input.args));
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity(input, next) {
          const answer = next(input);
          if (!answersAreSigned) return answer;
          return answer.then((value) => ours(value, input.activityType, () => again(input)));
        },
      },
    ],
  };
}

function startRefused(refused: Refused): Error {
  const text = refusalText('The start of this workflow', refused);
  // Another process may have the key: the task is tried again until it finds one.
  return refused.reason === 'unknown-key'
    ? new Error(text)
    : ApplicationFailure.nonRetryable(text, payloadRefused);
}

type Call = { readonly activityType: string; readonly options: object; readonly args: unknown[] };

/** The activity's own answer; a forged one is thrown away, and the activity asked again. */
async function ours(
  value: unknown,
  activityType: string,
  askAgain: () => Promise<unknown>,
): Promise<unknown> {
  const refused = unauthenticated(value);
  if (refused === null) return value;
  log.error(refusalText(`The answer of the activity ${activityType}`, refused), { activityType });
  await sleep(askAgainMs);
  // Every activity may run twice: what has an effect looks at the world first.
  return askAgain();
}

async function again({ activityType, options, args }: Call): Promise<unknown> {
  const activities = proxyActivities<Record<string, (...args: unknown[]) => Promise<unknown>>>(options);
  return activities[activityType]?.(...args);
}

/** Signals and updates of Sentinel have data; without any there is nothing that could prove where they come from. */
function refusedOf(args: readonly unknown[], kind?: 'a message'): Refused | null {
  if (kind === 'a message' && args.length === 0) return { reason: 'unsigned', keyId: null };
  return args.map(unauthenticated).find((refused) => refused !== null) ?? null;
}

function requireOurs(what: string, refused: Refused | null): void {
  if (refused !== null) throw ApplicationFailure.nonRetryable(refusalText(what, refused), payloadRefused);
}
