/** Reads what can be known afterwards: the public API, the broker, and what ClickHouse holds. Changes nothing. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { letterHeaders } from '../../../adapters/kafka/letter.ts';
import { createTurns } from '../../../domain/turns.ts';
import { SentinelClient } from '../../../lab/run/client.ts';
import { environment } from '../plan/events.ts';
import { type Evidence, type Explained, isAnotherLook, notTold } from './verdict.ts';

export interface Sources {
  readonly api: string;
  readonly key: string;
  readonly broker: string;
  readonly groupId: string;
  /** Those that the group reads. */
  readonly topics: readonly string[];
  readonly deadLetters: string;
  readonly clickhouse: { readonly url: string; readonly database: string };
  /** URL of Postgres. */
  readonly database: string;
}

type Offsets = Evidence['offsets'];

const lookEveryMs = 1_000;
const askedAtOnce = 6;

/** Waits while the lag falls; what it is when it does not any more. */
export async function settledOffsets(sources: Sources, patienceMs: number): Promise<Offsets> {
  const admin = await connected(sources);
  try {
    return await whileItFalls(
      () => offsetsOf(admin, sources),
      (offsets) => offsets.reduce((sum, { end, committed }) => sum + Number(end - committed), 0),
      patienceMs,
    );
  } finally {
    await admin.disconnect();
  }
}

/**
 * What is in Sentinel's database of each id, read only; those that wait are looked at again while they become fewer. To ask the API
 * about each would take longer than the run.
 */
export async function explainedOf(
  { database }: Sources,
  ids: readonly string[],
  patienceMs: number,
): Promise<Evidence['explained']> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  await client.query('set default_transaction_read_only = on');
  const explained = new Map<string, readonly Explained[]>();
  let open: readonly string[] = ids;
  const waits = (id: string): boolean =>
    (explained.get(id) ?? []).some((item) => item.outcome === 'waiting' && !isAnotherLook(item));
  try {
    return await whileItFalls(
      async () => {
        for (let from = 0; from < open.length; from += idsAtOnce) {
          const some = open.slice(from, from + idsAtOnce);
          const { rows } = await client.query<InboxRow>(inboxOf, [some]);
          const byId = Map.groupBy(rows, ({ event_id }) => event_id);
          for (const id of some) explained.set(id, (byId.get(id) ?? []).map(explainedRow));
        }
        open = open.filter(waits);
        return explained;
      },
      () => open.length,
      patienceMs,
    );
  } finally {
    await client.end();
  }
}

const idsAtOnce = 5_000;

interface InboxRow {
  readonly event_id: string;
  readonly id: string;
  readonly kind: 'anomaly' | 'change';
  readonly status: 'pending' | 'done' | 'dead';
  readonly reason: string | null;
  readonly repeats: number;
  readonly state: Explained['state'];
  readonly incident_id: string | null;
}

const inboxOf = `select event_id, inbox.id, kind, status, inbox.reason, repeats, incident_id,
    case kind when 'anomaly' then body->>'state' end as state
  from inbox left join anomaly_assignments on kind = 'anomaly' and anomaly_id = body->>'id'
  where event_id = any($1::text[]) order by inbox.seq desc`;

function explainedRow(row: InboxRow): Explained {
  const { id, state, reason, repeats, incident_id: incidentId } = row;
  return { id, state, outcome: outcomeOf(row), reason, incidentId, repeats };
}

function outcomeOf({ status, kind, incident_id: incidentId }: InboxRow): Explained['outcome'] {
  if (status === 'pending') return 'waiting';
  if (status === 'dead') return 'dead-letter';
  if (kind === 'change') return 'evidence';
  return incidentId === null ? 'suppressed' : 'incident';
}

/** What `explain` says of some of them, evenly spread, by the public API. */
export async function toldByApi(
  { api, key }: Sources,
  ids: readonly string[],
): Promise<Evidence['explained']> {
  const client = new SentinelClient(api, key);
  const turn = createTurns(askedAtOnce);
  const every = Math.ceil(ids.length / mostAsked);
  const asked = ids.filter((_, index) => index % every === 0);
  const told = await Promise.all(
    asked.map((id) => turn(async () => [id, await explain(client, id)] as const)),
  );
  return new Map(told);
}

const mostAsked = 2_000;

async function explain(client: SentinelClient, id: string): Promise<readonly Explained[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const path = `/api/v1/explain?id=${encodeURIComponent(id)}`;
      const { status, body } = await client.request<{ items: readonly Explained[] }>('GET', path);
      if (status === 200) return body.items;
      throw new Error(`GET ${path}: status ${status}`);
    } catch (error) {
      if (attempt === 10) throw error;
      await pause(lookEveryMs);
    }
  }
}

/** What each incident of these was told, as it says itself; waits while more of them know of theirs. */
export async function toldOf(
  { api, key }: Sources,
  explained: Evidence['explained'],
  patienceMs: number,
): Promise<readonly string[]> {
  const client = new SentinelClient(api, key);
  const items = [...explained.values()].flat();
  const incidents = new Set(items.flatMap(({ incidentId }) => (incidentId === null ? [] : [incidentId])));
  return whileItFalls(
    async () => {
      const told: string[] = [];
      for (const id of incidents)
        for (const event of await client.timeline(id))
          if (event.type === 'anomaly-observed') told.push(`${id} ${(event.anomaly as { id: string }).id}`);
      return told;
    },
    (told) => notTold({ explained, told }).length,
    patienceMs,
  );
}

/** Every letter, read from the topic itself. */
export async function lettersOf(
  sources: Pick<Sources, 'broker' | 'deadLetters'>,
): Promise<Evidence['letters']> {
  const { deadLetters } = sources;
  const admin = await connected(sources);
  const ends = await admin.fetchTopicOffsets(deadLetters);
  await admin.disconnect();
  let left = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  const letters: { place: string; reason: string }[] = [];
  if (left === 0) return letters;
  const consumer = kafkaOf(sources).consumer({ groupId: `checker-${process.pid}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [deadLetters], fromBeginning: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message: { headers = {} } }) => {
      const header = (name: keyof typeof letterHeaders): string => String(headers[letterHeaders[name]] ?? '');
      const place = [header('topic'), header('partition'), header('offset')].join('/');
      letters.push({ place, reason: header('reason') });
      left -= 1;
      if (left === 0) resolve();
    },
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  await promise;
  await consumer.disconnect();
  return letters;
}

/** Ids of the readings in history; waits while more of them come. */
export async function readingsOf(
  { clickhouse: { url, database } }: Sources,
  expected: number,
  patienceMs: number,
): Promise<Evidence['readings']> {
  const query = `SELECT concat('reading-', substring(service, 8), '-', toString(toUInt64(value))) AS id
    FROM ${database}.metrics FINAL WHERE environment = '${environment}' AND startsWith(service, 'meters-')
    FORMAT JSONEachRow`;
  return whileItFalls(
    async () => {
      const answer = await fetch(url, { method: 'POST', body: query });
      const lines = (await answer.text()).trim().split('\n');
      if (!answer.ok) throw new Error(`ClickHouse: ${lines.join(' ')}`);
      return lines.filter((line) => line !== '').map((line) => (JSON.parse(line) as { id: string }).id);
    },
    (ids) => Math.max(0, expected - new Set(ids).size),
    patienceMs,
  );
}

async function offsetsOf(admin: Admin, { groupId, topics }: Sources): Promise<Offsets> {
  const answers = await admin.fetchOffsets({ groupId, topics: [...topics] });
  const offsets: Offsets[number][] = [];
  for (const topic of topics) {
    const partitions = answers.find((answer) => answer.topic === topic)?.partitions ?? [];
    const done = new Map(partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
    for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) {
      const committed = done.get(partition) ?? -1n;
      const end = BigInt(high);
      offsets.push({
        partition: `${topic}/${partition}`,
        end,
        committed: committed < 0n ? BigInt(low) : committed,
      });
    }
  }
  return offsets;
}

/** Looks until nothing is left, or as much as `patienceMs` ago. */
async function whileItFalls<T>(
  look: () => Promise<T>,
  left: (found: T) => number,
  patienceMs: number,
): Promise<T> {
  let least = Number.POSITIVE_INFINITY;
  let sinceMs = performance.now();
  for (;;) {
    const found = await look();
    const now = left(found);
    if (now < least) {
      least = now;
      sinceMs = performance.now();
    }
    if (now === 0 || performance.now() - sinceMs > patienceMs) return found;
    await pause(lookEveryMs);
  }
}

function kafkaOf({ broker }: Pick<Sources, 'broker'>): Kafka {
  return new Kafka({ brokers: [broker], clientId: 'checker', logLevel: logLevel.NOTHING });
}

async function connected(sources: Pick<Sources, 'broker'>): Promise<Admin> {
  const admin = kafkaOf(sources).admin();
  await admin.connect();
  return admin;
}
