// What detection has learnt over weeks outlives the process: kept every minute (by whoever runs it), given back at the start and where a partition went.
// Never throws: without it, detection learns again, and is quiet until it has.

import type { DetectionEngine } from '../domain/detection/engine.ts';
import type { Learnt } from '../domain/detection/learnt/learnt.ts';
import type { Clock, LearntStore, Logger } from './ports.ts';
import type { Services } from './warm.ts';

export type LearningDeps = {
  readonly detection: Pick<DetectionEngine, 'takeLearnt' | 'recall' | 'budgets'>;
  readonly store: LearntStore;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
};

export type Learning = {
  /** Gives back what is known of these services; best before they are warmed from history. */
  recall(services: Services): Promise<void>;
  /** The same of all services but these. */
  recallAll(elsewhere: Services): Promise<void>;
  /** Keeps what is new. */
  keep(): Promise<void>;
};

/** Of metrics, by environment; about two kilobytes each. */
const mostAtOnce = 1_000;
const mostAsked = 20_000;
/** A state from the future was learnt by a clock that has been set back since. */
const aheadMs = 60_000;

export function createLearning({ detection, store, clock, log }: LearningDeps): Learning {
  /** Services that were asked for: what is kept of others from before this process is not known yet. */
  const asked = new Set<string>();
  const noteAsked = (place: string): void => {
    // Names come from senders. To ask once more costs a query and changes nothing.
    if (asked.size >= mostAsked) asked.clear();
    asked.add(place);
  };

  async function orUnknown(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.warn({ err: error }, what);
    }
  }

  const give = (learnt: readonly Learnt[]): void =>
    detection.recall(learnt.filter(({ untilMs }) => untilMs <= clock.nowMs() + aheadMs));

  /** What was kept of them. */
  async function ask(services: Services): Promise<readonly Learnt[]> {
    const found: Learnt[] = [];
    for (const [environment, names] of services) {
      if (names.length === 0) continue;
      found.push(...(await store.recall(environment, names)));
      for (const name of names) noteAsked(placeOf(environment, name));
    }
    give(found);
    return found;
  }

  async function keep(): Promise<void> {
    const learnt = detection.takeLearnt(mostAtOnce);
    // Of a service that came from somewhere else more was known there than is here: that is not written over, but added to.
    const strange = learnt.filter(({ environment, service }) => !asked.has(placeOf(environment, service)));
    const known = new Set((await ask(byEnvironment(strange))).map(nameOf));
    const fresh = learnt.filter((one) => !known.has(nameOf(one)));
    // Telemetry went on meanwhile: each once, as it is now.
    const latest = new Map([...fresh, ...detection.takeLearnt(mostAtOnce)].map((one) => [nameOf(one), one]));
    await store.keep([...latest.values()], detection.budgets());
  }

  return {
    recall: (services) =>
      orUnknown('what detection had learnt could not be read', async () => void (await ask(services))),
    recallAll: (elsewhere) =>
      orUnknown('what detection had learnt could not be read', async () => {
        const others = new Set([...elsewhere].flatMap(([name, all]) => all.map((one) => placeOf(name, one))));
        const learnt = (await store.recallAll()).filter(
          ({ environment, service }) => !others.has(placeOf(environment, service)),
        );
        give(learnt);
        for (const { environment, service } of learnt) noteAsked(placeOf(environment, service));
      }),
    keep: () => orUnknown('what detection has learnt could not be kept', keep),
  };
}

const nameOf = ({ environment, service, key }: Learnt): string =>
  `${placeOf(environment, service)}\u0000${key}`;
const placeOf = (environment: string, service: string): string => `${environment}\u0000${service}`;

function byEnvironment(learnt: readonly Learnt[]): Services {
  const found = Map.groupBy(learnt, ({ environment }) => environment);
  return new Map(
    [...found].map(([environment, all]) => [environment, [...new Set(all.map(({ service }) => service))]]),
  );
}
