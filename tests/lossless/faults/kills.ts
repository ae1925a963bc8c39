/** SIGKILL at points that can be seen from outside: in the database, at the broker, on the wire. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { lettersOf } from '../checker/evidence.ts';
import type { Stage } from '../stage/stage.ts';
import type { PlayFault } from './fault.ts';

const lookMs = 10;
const lookingMs = 30_000;
/** How long a lock is held for something to come to it. */
const heldMs = 500;
/** Between a look and a kill a process may have gone on. */
const tries = 3;

/** An insert into the inbox waits for a lock when its process dies: nothing of it is committed. */
export const beforeCommit: PlayFault = async ({ stage }) => {
  const { database, sentinels } = stage;
  const holder = await database.connect();
  try {
    await holder.query('begin');
    await holder.query('lock table inbox in share row exclusive mode');
    const reached = await looking(async () => {
      const { rowCount } = await database.query(
        `select from pg_locks as waits join pg_stat_activity using (pid)
         join pg_locks as has using (pid)
         where application_name = 'ingest-a' and waits.relation = 'inbox'::regclass and not waits.granted
         and has.relation = 'alerts'::regclass and has.mode = 'RowExclusiveLock' and has.granted`,
      );
      return (rowCount ?? 0) > 0;
    });
    await sentinels['ingest-a'].kill();
    await holder.query('rollback');
    await sentinels['ingest-a'].start();
    return { reached };
  } finally {
    holder.release();
  }
};

/**
 * Postgres has committed, and the process dies before it hears of it: nobody is answered. Told to wait for a replica that there is
 * not, Postgres keeps every commit at this very point.
 */
export const afterCommit: PlayFault = async ({ stage: { database, sentinels } }) => {
  let reached: boolean;
  try {
    await database.query(`alter system set synchronous_standby_names = 'nobody'`);
    await database.query('select pg_reload_conf()');
    reached = await looking(async () => {
      const { rowCount } = await database.query(
        `select pid from pg_stat_activity join pg_locks using (pid)
         where application_name = 'ingest-a' and wait_event = 'SyncRep' and mode = 'RowExclusiveLock'
         and relation in ('inbox'::regclass, 'alerts'::regclass)
         group by pid having count(distinct relation) = 2`,
      );
      return (rowCount ?? 0) > 0;
    });
    await sentinels['ingest-a'].kill();
  } finally {
    await database.query('alter system reset synchronous_standby_names');
    await database.query('select pg_reload_conf()');
  }
  await sentinels['ingest-a'].start();
  return { reached };
};

/** A record is in the inbox, and its offset is not committed: it will be read again. */
export const storedNotCommitted: PlayFault = insistently(async ({ stage, logFile }) => {
  const newest = async (): Promise<Place | null> => {
    const { rows } = await stage.database.query<{ event_id: string }>(
      `select event_id from inbox where event_id like 'record-%' order by seq desc limit 1`,
    );
    return placeIn(logFile, rows[0]?.event_id ?? '');
  };
  let place: Place | null = null;
  const found = await looking(async () => {
    place = await newest();
    return place !== null && !(await isCommitted(stage, place));
  });
  await killAllIngest(stage);
  const reached = found && place !== null && !(await isCommitted(stage, place));
  await startAllIngest(stage);
  return { reached };
});

/** A dead letter is written, and the offset of its record is not committed. */
export const letterNotCommitted: PlayFault = insistently(async ({ stage }) => {
  const { kafka, broker, topics } = stage;
  const written = async (): Promise<number> =>
    (await kafka.fetchTopicOffsets(topics.deadLetters)).reduce((sum, { high }) => sum + Number(high), 0);
  const before = await written();
  const found = await looking(async () => (await written()) > before);
  await killAllIngest(stage);
  // Nobody commits any more: there is time to read whose letters these are.
  const letters = await lettersOf({ broker: broker.address, deadLetters: topics.deadLetters });
  const places = letters.flatMap(({ place }) => placeOf(topics.alerts, place));
  const newest = Map.groupBy(places, ({ partition }) => partition).values();
  const ahead = await Promise.all(
    [...newest].map(async (own) => {
      const last = own.reduce((left, right) => (right.offset > left.offset ? right : left));
      return !(await isCommitted(stage, last));
    }),
  );
  await startAllIngest(stage);
  return { reached: found && ahead.includes(true) };
});

function placeOf(topic: string, written: string): readonly Place[] {
  const [of, partition, offset] = written.split('/');
  return of === topic ? [{ partition: Number(partition), offset: BigInt(offset ?? 0) }] : [];
}

async function isCommitted(
  { kafka, groupId, topics }: Stage,
  { partition, offset }: Place,
): Promise<boolean> {
  const [answer] = await kafka.fetchOffsets({ groupId, topics: [topics.alerts] });
  const done = answer?.partitions.find((one) => one.partition === partition)?.offset ?? '-1';
  return BigInt(done) > offset;
}

/**
 * A finding has its incident, which has been told, and the inbox does not know yet: whoever wants to say so there waits for a lock.
 */
export const assignedNotDone: PlayFault = async ({ stage }) => {
  const { database } = stage;
  const halfway = async (): Promise<boolean> => {
    const { rowCount } = await database.query(
      `select from inbox join anomaly_assignments on anomaly_id = body->>'id'
       where status = 'pending' and kind = 'anomaly' and taken
       and exists (select from pg_locks where relation = 'inbox'::regclass and not granted) limit 1`,
    );
    return (rowCount ?? 0) > 0;
  };
  const holder = await database.connect();
  try {
    // A batch has to be under way when the lock is taken: with it, none begins.
    const reached = await looking(async () => {
      await holder.query('begin');
      await holder.query('lock table inbox in share row exclusive mode');
      if (await looking(halfway, heldMs)) return true;
      await holder.query('rollback');
      await pause(heldMs);
      return false;
    });
    await killAllIngest(stage);
    await holder.query('rollback');
    await startAllIngest(stage);
    return { reached };
  } finally {
    holder.release();
  }
};

/** The worker dies in the midst of a transaction. */
export const workerInTransaction: PlayFault = async ({ stage: { database, sentinels } }) => {
  const reached = await looking(async () => {
    const { rowCount } = await database.query(
      `select from pg_stat_activity where application_name = 'worker' and xact_start is not null`,
    );
    return (rowCount ?? 0) > 0;
  });
  await sentinels.worker.kill();
  await sentinels.worker.start();
  return { reached };
};

/** The API dies at the first byte of an answer, with others under way. */
export const apiAnswering: PlayFault = async ({ stage: { sentinels, viewerKey } }) => {
  const { promise: answered, resolve } = Promise.withResolvers<boolean>();
  const asked = Array.from({ length: 10 }, (_, index) => {
    const headers = { authorization: `Bearer ${viewerKey}` };
    const asking = request(
      `${sentinels.api.url}/api/v1/explain?id=webhook-0-${index}`,
      { headers },
      (answer) => {
        resolve(true);
        answer.resume();
        answer.once('error', () => {});
      },
    );
    asking.once('error', () => {});
    asking.end();
    return asking;
  });
  const reached = await Promise.race([answered, pause(lookingMs).then(() => false)]);
  await sentinels.api.kill();
  for (const one of asked) one.destroy();
  await sentinels.api.start();
  return { reached };
};

function insistently(play: PlayFault): PlayFault {
  return async (context) => {
    let outcome = await play(context);
    for (let again = 1; again < tries && !outcome.reached; again += 1) outcome = await play(context);
    return outcome;
  };
}

/** True as soon as it is so; false when it was not within the time. */
async function looking(isSo: () => Promise<boolean>, withinMs = lookingMs): Promise<boolean> {
  const untilMs = performance.now() + withinMs;
  while (performance.now() < untilMs) {
    if (await isSo()) return true;
    await pause(lookMs);
  }
  return false;
}

async function killAllIngest({ sentinels }: Stage): Promise<void> {
  await Promise.all([sentinels['ingest-a'].kill(), sentinels['ingest-b'].kill()]);
}

async function startAllIngest({ sentinels }: Stage): Promise<void> {
  await Promise.all([sentinels['ingest-a'].start(), sentinels['ingest-b'].start()]);
}

interface Place {
  readonly partition: number;
  readonly offset: bigint;
}

const tailBytes = 512 * 1024;

/** Where the sender says that the record is; null when it did not say so lately. */
function placeIn(logFile: string, id: string): Place | null {
  const file = openSync(logFile, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    const line = bytes
      .toString()
      .split('\n')
      .findLast((one) => one.includes(`"id":"${id}"`) && one.includes('"place":'));
    const [, partition, offset] = /"place":"[^"/]+\/(\d+)\/(\d+)"/.exec(line ?? '') ?? [];
    return partition === undefined || offset === undefined
      ? null
      : { partition: Number(partition), offset: BigInt(offset) };
  } finally {
    closeSync(file);
  }
}
