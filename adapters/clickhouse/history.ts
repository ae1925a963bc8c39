// Telemetry history in ClickHouse: what ingest writes and activities read.

import type { ClickHouseClient } from '@clickhouse/client';
import type { HistoryRows } from '../../ingest/ports.ts';
import type { HistoryStore } from '../store-vendor.ts';
import { type ClickHouseTarget, connect } from './connection.ts';
import { orUnavailable } from './errors.ts';
import { createGroupCommit } from './group-commit.ts';
import { createReader, type Reader } from './reader.ts';
import { readLatest } from './resources.ts';
import { appendRows, countRows, emptyRows } from './rows.ts';
import { migrate, tableNames, tables } from './schema.ts';
import { readSeries } from './series.ts';

export type HistoryOptions = ClickHouseTarget & {
  /** Default `sentinel`. */
  readonly database?: string;
  /** How long rows are kept; default 72 hours. */
  readonly retentionHours?: number;
  /** Most rows one query returns; default 200,000. When there are more, the newest. */
  readonly maxRows?: number;
  /** How long a write waits for company; default 100 ms. */
  readonly lingerMs?: number;
};

/** A thousand steps of a few dozen series. */
const maxSeriesRows = 20_000;

type Ready = { readonly client: ClickHouseClient; readonly reader: Reader };

/**
 * Connects and makes the tables at the first use, not here: a server that is away when Sentinel starts is found when it
 * comes back. Every method throws `HistoryUnavailable` and nothing else.
 */
export function createHistory(options: HistoryOptions): HistoryStore {
  const { database = 'sentinel', retentionHours = 72, maxRows = 200_000, lingerMs = 100 } = options;
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(database)) {
    throw new RangeError(`the database name ${JSON.stringify(database)} is not a plain identifier`);
  }
  let client: Promise<ClickHouseClient> | null = null;
  let ready: Promise<Ready> | null = null;
  let closed = false;

  async function prepare(): Promise<Ready> {
    client ??= connect(options);
    const connected = await client;
    await migrate(connected, database, retentionHours);
    return { client: connected, reader: createReader(connected, database, maxRows) };
  }

  /** Any failure may mean a server that lost its tables: the next use makes sure of them again. */
  async function use<T>(work: (at: Ready) => Promise<T>): Promise<T> {
    if (closed) throw new Error('history is closed');
    try {
      ready ??= prepare();
      return await work(await ready);
    } catch (error) {
      ready = null;
      throw error;
    }
  }

  const read = <T>(what: string, query: (reader: Reader) => Promise<T>): Promise<T> =>
    orUnavailable(`read ${what} from history`, () => use(({ reader }) => query(reader)));

  async function writeGroup(entries: readonly HistoryRows[]): Promise<void> {
    const rows = emptyRows();
    for (const entry of entries) appendRows(rows, entry);
    const filled = tableNames.filter((name) => rows[name].length > 0);
    await use(async ({ client: connected }) => {
      const inserts = filled.map((name) =>
        connected.insert({
          table: `${database}.${name}`,
          columns: Object.keys(tables[name].columns) as [string, ...string[]],
          values: rows[name],
          format: 'JSONCompactEachRow',
        }),
      );
      await Promise.all(inserts);
    });
  }

  const groups = createGroupCommit<HistoryRows>({
    write: writeGroup,
    sizeOf: countRows,
    lingerMs,
    maxGroupSize: 20_000,
    maxWaitingSize: 500_000,
  });

  return {
    location: 'url' in options ? new URL(options.url).origin : 'embedded',
    calls: (range, services) => read('calls', (reader) => reader.calls(range, services)),
    metrics: (range, services) => read('metrics', (reader) => reader.metrics(range, services)),
    logs: (range, services) => read('logs', (reader) => reader.logs(range, services)),
    series: (query) =>
      orUnavailable('read series from history', () =>
        use(({ client: connected }) => readSeries(connected, database, query, maxSeriesRows)),
      ),
    latest: (metrics, sinceMs) =>
      orUnavailable('read the latest samples from history', () =>
        use(({ client: connected }) => readLatest(connected, database, metrics, sinceMs, maxSeriesRows)),
      ),
    write: (rows) => orUnavailable('write history', () => groups.add(rows)),
    environments: (sinceMs) => read('environments', (reader) => reader.environments(sinceMs)),
    ping: () =>
      orUnavailable('reach history', () =>
        use(async ({ client: connected }) => {
          const result = await connected.ping();
          if (!result.success) throw result.error;
        }),
      ),
    waitingRows: groups.waitingSize,
    close: async () => {
      await groups.settle();
      closed = true;
      const connected = await client?.catch(() => null);
      await connected?.close();
    },
  };
}
