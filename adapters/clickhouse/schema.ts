// Tables of telemetry history. Every statement may run again: `migrate` is called before the first use of a process.
//
// ReplacingMergeTree, because a write whose answer was lost is repeated: a row is identified by its sorting key, so the
// second copy replaces the first. Sorted by environment, service, time, because that is how evidence is asked for.

import type { ClickHouseClient } from '@clickhouse/client';

export const tableNames = ['calls', 'metrics', 'logs', 'anomalies'] as const;
export type TableName = (typeof tableNames)[number];

type Table = { readonly columns: Readonly<Record<string, string>>; readonly key: readonly string[] };

const place = { environment: 'LowCardinality(String)', service: 'LowCardinality(String)' };
const at = { ts: "DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1))" };
const words = 'LowCardinality(String)';
const figure = 'Float64 CODEC(ZSTD(1))';

export const tables: Readonly<Record<TableName, Table>> = {
  calls: {
    columns: {
      ...place,
      ...at,
      instance: words,
      side: words,
      peer: words,
      calls: 'UInt32',
      errors: 'UInt32',
      own_errors: 'UInt32',
      latency_p50_ms: figure,
      latency_p95_ms: figure,
      self_time_p50_ms: figure,
      interval_ms: 'UInt32 DEFAULT 0',
      slow: 'UInt32 DEFAULT 0',
    },
    key: ['environment', 'service', 'ts', 'instance', 'side', 'peer'],
  },
  metrics: {
    columns: { ...place, ...at, instance: words, metric: words, attributes: words, value: figure },
    key: ['environment', 'service', 'ts', 'instance', 'metric', 'attributes'],
  },
  logs: {
    columns: {
      ...place,
      ...at,
      template_id: words,
      template: words,
      severity_number: 'UInt8',
      records: 'UInt32',
      from_outside: 'UInt8 DEFAULT 0',
    },
    key: ['environment', 'service', 'ts', 'template_id'],
  },
  anomalies: {
    columns: {
      ...place,
      ...at,
      id: 'String',
      state: words,
      component: 'String',
      resource_id: 'String',
      detector: words,
      signal: words,
      series_key: 'String',
      metric: words,
      direction: words,
      detected_at: "DateTime64(3, 'UTC')",
      cleared_at: "Nullable(DateTime64(3, 'UTC'))",
      expected: figure,
      seen: figure,
      score: figure,
      confidence: figure,
      severity: words,
      summary: 'String',
    },
    key: ['environment', 'service', 'ts', 'id', 'state'],
  },
};

/** Creates what is missing, tables and columns, and sets how long rows are kept. Idempotent; safe when several processes start at once. */
export async function migrate(
  client: ClickHouseClient,
  database: string,
  retentionHours: number,
): Promise<void> {
  const query_params = { database };
  await client.command({ query: 'CREATE DATABASE IF NOT EXISTS {database:Identifier}', query_params });
  for (const name of tableNames) {
    await client.command({ query: createStatement(name, retentionHours), query_params });
    const current = await client.query({
      query:
        'SELECT create_table_query FROM system.tables WHERE database = {database:String} AND name = {name:String}',
      query_params: { database, name },
      format: 'JSONEachRow',
    });
    const [row] = await current.json<{ create_table_query: string }>();
    const made = row?.create_table_query ?? '';
    for (const [column, type] of Object.entries(tables[name].columns)) {
      // A table of an earlier version is without it.
      if (made.includes(`\`${column}\` `)) continue;
      await client.command({
        query: `ALTER TABLE {database:Identifier}.${name} ADD COLUMN IF NOT EXISTS ${column} ${type}`,
        query_params,
      });
    }
    if (made.includes(`toIntervalHour(${retentionHours})`)) continue;
    await client.command({
      query: `ALTER TABLE {database:Identifier}.${name} MODIFY TTL ${ttl(retentionHours)}`,
      query_params,
    });
  }
}

/**
 * `old_parts_lifetime`: merged-away parts stay in memory for eight minutes by default; with several inserts a second
 * that is thousands of them. Table, columns and key are constants of this file; the only value is a whole number (DDL takes no
 * parameters there).
 */
function createStatement(name: TableName, retentionHours: number): string {
  const { columns, key } = tables[name];
  const lines = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
  return `CREATE TABLE IF NOT EXISTS {database:Identifier}.${name} (${lines.join(', ')})
    ENGINE = ReplacingMergeTree PARTITION BY toDate(ts) ORDER BY (${key.join(', ')})
    TTL ${ttl(retentionHours)} SETTINGS ttl_only_drop_parts = 1, old_parts_lifetime = 60`;
}

function ttl(retentionHours: number): string {
  if (!Number.isSafeInteger(retentionHours) || retentionHours < 1) {
    throw new RangeError(`retention must be a whole number of hours of at least 1, got ${retentionHours}`);
  }
  return `toDateTime(ts) + toIntervalHour(${retentionHours})`;
}
