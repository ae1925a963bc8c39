// One partition while it is ours: its worker, where it stands, and one call to the worker at a time.

import type {
  Durable,
  OpenWorker,
  PartitionWorker,
  Position,
  StreamRecord,
} from '../../ingest/kafka/ports.ts';

/** Each may be a row of a transaction, and hold a lock of it. */
const fewRecords = 500;

export class Assigned {
  readonly position: Position;
  /** The next offset to work on; null before the first record. */
  next: bigint | null;
  /** Nothing was waiting when it was last read. */
  caughtUp = false;
  revoked = false;
  /** What the worker says may be committed, and the broker has not heard yet. */
  uncommitted: Durable | null = null;
  readonly #worker: Promise<PartitionWorker>;
  #busy: Promise<unknown> = Promise.resolve();
  #calls = 0;

  constructor(position: Position, committed: { offset: bigint | null; metadata: string }, open: OpenWorker) {
    this.position = position;
    this.next = committed.offset;
    this.#worker = open(position, committed.metadata);
    // Whoever calls the worker hears of it.
    this.#worker.catch(() => {});
  }

  get busy(): boolean {
    return this.#calls > 0;
  }

  /** How many records its worker takes in one call. */
  async recordsAtOnce(): Promise<number> {
    return (await this.#worker.catch(() => null))?.recordsAtOnce ?? fewRecords;
  }

  /** It is somebody else's now, or nobody's. */
  close(): void {
    this.revoked = true;
    void this.#worker.then((worker) => worker.close?.()).catch(() => {});
  }

  take(records: readonly StreamRecord[]): Promise<void> {
    return this.#alone(async (worker) => {
      await worker.take(records);
      const last = records.at(-1);
      if (last !== undefined) this.next = last.offset + 1n;
    });
  }

  /** Lets time pass for the worker, unless it has other things to do. */
  async tick(): Promise<void> {
    if (!this.busy) await this.#alone((worker) => worker.tick());
  }

  async #alone(work: (worker: PartitionWorker) => Promise<void>): Promise<void> {
    this.#calls += 1;
    const before = this.#busy;
    const mine = (async () => {
      await before.catch(() => {});
      const worker = await this.#worker;
      await work(worker);
      this.uncommitted = worker.durable() ?? this.uncommitted;
    })();
    this.#busy = mine;
    try {
      await mine;
    } finally {
      this.#calls -= 1;
    }
  }
}
