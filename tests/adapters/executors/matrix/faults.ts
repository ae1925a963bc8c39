/** What can go wrong while an intent is executed; each meets one try of it. */
import type { Begun, Call, Executor } from '../../../../activities/ports/executor.ts';
import type { ExecuteResult } from '../../../../activities/types.ts';
import type { Intent } from '../../../../domain/remediation/intent.ts';
import type { MemoryGate } from '../../../support/memory-gate.ts';
import { lagMsOf } from '../contract/harness.ts';
import { executed } from '../worker.ts';
import type { MatrixHarness } from './harness.ts';
import { held, paces } from './held.ts';

const deaths = ['before-sent', 'after-sent', 'before-accepted', 'after-accepted', 'before-outcome'] as const;
type Death = (typeof deaths)[number];

const others = [
  'none',
  'lose-before',
  'lose-after',
  'held-on-the-way',
  'deny',
  'throttle',
  'vendor-away',
  'readings-lag',
  'two-workers',
  'stalled-past-its-lease',
  'begin-twice',
  'kill-switch',
  'clock-ahead',
  'clock-behind',
  'drift',
  'drift-before-call',
] as const;

/** Somebody else's change comes before everything else, so that it is known whose effect is whose. */
export const drifts: readonly Fault[] = ['drift', 'drift-before-call'];

export const faults = [...others, ...deaths] as const;
export type Fault = (typeof faults)[number];

const hourMs = 3_600_000;

/** One try of the intent. */
export type Try = {
  readonly harness: MatrixHarness;
  readonly gate: MemoryGate;
  readonly intent: Intent;
  /** 0 up to 1, other ones each time. */
  readonly random: () => number;
  /**
   * Somebody else changes the target. Who looks afterwards has to notice only what the plan depends on; who calls with what was seen
   * before, that it is another one now.
   */
  drift(noticed: 'what-it-depends-on' | 'any-change'): Promise<void>;
};

/** Whether this vendor can have the fault. */
export function isPossible(fault: Fault, { faults: cause }: MatrixHarness): boolean {
  switch (fault) {
    case 'deny':
    case 'throttle':
      return cause[fault] !== null;
    case 'readings-lag':
      return cause.lag !== null;
    default:
      return true;
  }
}

/** Answers what the worker told; null for one that died. */
export async function underFault(fault: Fault, one: Try): Promise<ExecuteResult | null> {
  const { harness, gate, intent, random } = one;
  const { faults: cause, clock } = harness;
  const work = async (executor = held(harness.executor(), clock)): Promise<ExecuteResult | null> => {
    const [told] = await Promise.allSettled([executed(executor, gate, intent, paces, clock)]);
    return told.status === 'fulfilled' ? told.value : null;
  };
  switch (fault) {
    case 'none':
      return work();
    case 'drift':
      await one.drift('what-it-depends-on');
      return work();
    case 'drift-before-call':
      return work(changedBeforeCall(one));
    case 'lose-before':
    case 'lose-after':
      await cause.lose(fault === 'lose-before' ? 'before' : 'after');
      return work();
    case 'deny':
    case 'throttle':
      await given(cause[fault])();
      return work();
    case 'vendor-away':
      await cause.away();
      return work();
    case 'readings-lag': {
      // Of an answer that was lost nobody knows, and what was done is not shown yet.
      await given(cause.lag)();
      if (random() < 0.7) await cause.lose('after');
      clock.after(lagMsOf(harness.executor().promise(intent)) * random(), () => cause.heal());
      return work();
    }
    case 'held-on-the-way': {
      const { consistencyDelayMs } = harness.executor().promise(intent);
      const { arrive, within } = await cause.hold();
      const latestMs = within === 'delay' ? consistencyDelayMs : 2 * consistencyDelayMs + 60_000;
      clock.after(latestMs * random(), arrive);
      return work();
    }
    case 'two-workers': {
      const [told] = await Promise.all([work(), work()]);
      return told;
    }
    case 'stalled-past-its-lease':
      return stalled(one, work);
    case 'begin-twice':
      return begunTwice(one, work);
    case 'kill-switch': {
      gate.forbidden = 'the kill switch is engaged';
      const told = await work();
      gate.forbidden = null;
      return told;
    }
    case 'clock-ahead':
      return work(held(harness.executor(hourMs), clock));
    case 'clock-behind':
      return work(held(harness.executor(-hourMs), clock));
    default: {
      gate.dies = fault satisfies Death;
      const told = await work();
      gate.dies = null;
      return told;
    }
  }
}

/** Between the last look at the target, which was as the plan saw it, and the call. */
function changedBeforeCall({ harness, drift }: Try): Executor {
  const executor = held(harness.executor(), harness.clock);
  return {
    ...executor,
    async begin(...asked): Promise<Begun> {
      await drift('any-change');
      return executor.begin(...asked);
    },
  };
}

/** A worker stands still right before its call; another one takes over and comes to an end; then the first one calls. */
async function stalled(
  { harness }: Try,
  work: (executor?: Executor) => Promise<ExecuteResult | null>,
): Promise<ExecuteResult | null> {
  const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const executor = held(harness.executor(), harness.clock);
  const stuck = work({
    ...executor,
    async begin(...asked): Promise<Begun> {
      reached.resolve();
      await goOn.promise;
      return executor.begin(...asked);
    },
  }).finally(() => reached.resolve());
  await reached.promise;
  const told = await work();
  goOn.resolve();
  return (await stuck) ?? told;
}

/** The same call once more, after everything: as from a process that woke up late. */
async function begunTwice(
  { harness, intent }: Try,
  work: (executor?: Executor) => Promise<ExecuteResult | null>,
): Promise<ExecuteResult | null> {
  const executor = held(harness.executor(), harness.clock);
  const calls: Call[] = [];
  const told = await work({
    ...executor,
    begin(given, call) {
      calls.push(call);
      return executor.begin(given, call);
    },
  });
  for (const call of calls) {
    const again = { ...call, signal: new AbortController().signal };
    // What it answers is of no interest: the vendor counts.
    await Promise.allSettled([harness.executor().begin(intent, again)]);
  }
  return told;
}

function given<T>(cause: T | null): T {
  if (cause === null) throw new Error('this vendor has no such fault');
  return cause;
}
