// Many callers, one insert: rows that arrive within a moment are written together, and every caller hears when its own
// rows are in. ClickHouse wants few large inserts; callers want to know about their rows.

export type GroupCommitOptions<T> = {
  /** Writes all entries together; they count as written when it resolves. */
  readonly write: (entries: readonly T[]) => Promise<void>;
  readonly sizeOf: (entry: T) => number;
  /** How long the first entry of a group waits for company. */
  readonly lingerMs: number;
  /** A group of this size does not wait, and a larger backlog is written in groups of about this size. */
  readonly maxGroupSize: number;
  /** Beyond this size of waiting entries, new ones are refused at once. */
  readonly maxWaitingSize: number;
};

export type GroupCommit<T> = {
  /** Resolves when the entry is written, rejects with the error of its group. */
  add(entry: T): Promise<void>;
  /** Size of the entries that wait for their turn; the group being written is no longer among them. */
  waitingSize(): number;
  /** Resolves when everything added so far was written or refused. */
  settle(): Promise<void>;
};

type Waiting<T> = { readonly entry: T; readonly size: number; readonly done: (error: unknown) => void };

export function createGroupCommit<T>(options: GroupCommitOptions<T>): GroupCommit<T> {
  const { write, sizeOf, lingerMs, maxGroupSize, maxWaitingSize } = options;
  let waiting: Waiting<T>[] = [];
  let waitingSize = 0;
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> | null = null;

  function add(entry: T): Promise<void> {
    const size = sizeOf(entry);
    if (size === 0) return Promise.resolve();
    if (waitingSize + size > maxWaitingSize && waiting.length > 0) {
      return Promise.reject(new Error(`${waitingSize} rows are waiting to be written already`));
    }
    return new Promise((resolve, reject) => {
      const done = (error: unknown): void => (error === null ? resolve() : reject(error));
      waiting.push({ entry, size, done });
      waitingSize += size;
      if (waitingSize >= maxGroupSize) kick();
      else timer ??= setTimeout(kick, lingerMs);
    });
  }

  /** One group is written at a time: while it is, the next one gathers. */
  function kick(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    writing ??= writeAll().finally(() => {
      writing = null;
    });
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = takeGroup();
      let failure: unknown = null;
      try {
        await write(group.map(({ entry }) => entry));
      } catch (error) {
        failure = error;
      }
      for (const { done } of group) done(failure);
      // Entries that came meanwhile wait for company again, unless they are many.
      if (waitingSize < maxGroupSize && timer !== null) return;
    }
  }

  function takeGroup(): Waiting<T>[] {
    let size = 0;
    let count = 0;
    while (count < waiting.length && (count === 0 || size < maxGroupSize)) {
      size += waiting[count]?.size ?? 0;
      count += 1;
    }
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    waitingSize -= size;
    return group;
  }

  async function settle(): Promise<void> {
    while (waiting.length > 0 || writing !== null) {
      kick();
      await writing;
    }
  }

  return { add, waitingSize: () => waitingSize, settle };
}
