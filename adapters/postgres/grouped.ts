// Many callers, one transaction. While a group is under way the next one gathers; every caller hears of its own entry, and only
// once that is durable. An entry that cannot be done takes no other with it.

import { errorCode } from './database/errors.ts';

/** Does all of them or, when it throws, none; one answer for each, in their order. */
type Work<Entry, Answer> = (entries: readonly Entry[]) => Promise<readonly Answer[]>;

export type GroupedOptions<Entry> = {
  readonly sizeOf: (entry: Entry) => number;
  /** A group takes no further entry once it has this size. */
  readonly maxGroupSize: number;
  /**
   * The longest that those who were in the last group are waited for, who come again as soon as they have their answer: without it,
   * some of them come too late, and two halves take turns from then on. It is never longer than the group took, which is what one
   * more would cost. Whoever comes alone never waits. Default 0.
   */
  readonly lingerMs?: number;
  /** Beyond this size of waiting entries, new ones are refused at once. */
  readonly maxWaitingSize: number;
};

/** The entry was not begun: too many wait already. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting';
}

type Waiting<Entry, Answer> = {
  readonly entry: Entry;
  readonly size: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

/** The answer of `work` to an entry, or the error of what was tried with it. An entry begins after it was given, never before. */
export function createGrouped<Entry, Answer>(
  work: Work<Entry, Answer>,
  { sizeOf, maxGroupSize, maxWaitingSize, lingerMs = 0 }: GroupedOptions<Entry>,
): (entry: Entry) => Promise<Answer> {
  let waiting: Waiting<Entry, Answer>[] = [];
  let waitingSize = 0;
  let isWorking = false;

  function takeGroup(): readonly Waiting<Entry, Answer>[] {
    let size = 0;
    const end = waiting.findIndex((one) => {
      const isFull = size >= maxGroupSize;
      size += one.size;
      return isFull;
    });
    const group = end === -1 ? waiting : waiting.slice(0, end);
    waiting = end === -1 ? [] : waiting.slice(end);
    waitingSize -= group.reduce((sum, one) => sum + one.size, 0);
    return group;
  }

  async function attempt(group: readonly Waiting<Entry, Answer>[]): Promise<void> {
    try {
      const answers = await work(group.map(({ entry }) => entry));
      for (const [index, { resolve }] of group.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      if (group.length === 1 || !mayBeOfOneEntry(error)) {
        for (const { reject } of group) reject(error);
        return;
      }
      const middle = Math.ceil(group.length / 2);
      await attempt(group.slice(0, middle));
      await attempt(group.slice(middle));
    }
  }

  async function workThrough(): Promise<void> {
    while (waiting.length > 0) {
      const group = takeGroup();
      const beganMs = performance.now();
      await attempt(group);
      const callers = group.length + waiting.length;
      if (callers > 1) await gather(callers, Math.min(lingerMs, performance.now() - beganMs));
    }
    isWorking = false;
  }

  /** Until so many wait, but not for long. */
  async function gather(count: number, longestMs: number): Promise<void> {
    const untilMs = performance.now() + longestMs;
    while (waiting.length < count && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 1));
  }

  return (entry) => {
    const size = sizeOf(entry);
    if (waitingSize + size > maxWaitingSize && waiting.length > 0)
      return Promise.reject(new TooManyWaiting(`${waitingSize} entries are waiting already`));
    return new Promise((resolve, reject) => {
      waiting.push({ entry, size, resolve, reject });
      waitingSize += size;
      if (isWorking) return;
      isWorking = true;
      // What has arrived on other connections by now comes along.
      setImmediate(() => void workThrough());
    });
  };
}

/** Classes of SQLSTATE that say something of what was to be written. With any other error it is the store, and each entry's fault alike. */
const ofWhatIsWritten = /^(?:21|22|23|54)...$/;

function mayBeOfOneEntry(error: unknown): boolean {
  const code = errorCode(error);
  return code === null
    ? error instanceof TypeError || error instanceof RangeError
    : ofWhatIsWritten.test(code);
}
