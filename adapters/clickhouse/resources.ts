// The latest sample of every series of some metrics, over all environments: what the machines of the services do now.

import type { ClickHouseClient } from '@clickhouse/client';
import type { ResourceSample } from '../../domain/infrastructure/usage.ts';

type Row = [string, string, string, string, string, number, number];

/** Recent parts only are read: ClickHouse keeps the range of `ts` of each part. More series than `maxRows` are cut off. */
export async function readLatest(
  client: ClickHouseClient,
  database: string,
  metrics: readonly string[],
  sinceMs: number,
  maxRows: number,
): Promise<readonly ResourceSample[]> {
  const result = await client.query({
    query: `SELECT environment, service, instance, metric, attributes,
        toUnixTimestamp64Milli(max(ts)), argMax(value, ts)
      FROM {database:Identifier}.metrics
      WHERE ts >= fromUnixTimestamp64Milli({sinceMs:Int64}) AND metric IN {metrics:Array(String)}
      GROUP BY environment, service, instance, metric, attributes
      ORDER BY environment, service, instance, metric, attributes LIMIT {maxRows:UInt32}`,
    query_params: { database, metrics, sinceMs: Math.round(sinceMs), maxRows },
    format: 'JSONCompactEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0, max_execution_time: 5 },
  });
  const rows = await result.json<Row>();
  return rows.map(([environment, service, instance, metric, attributes, atMs, value]) => ({
    ...{ environment, service, instance, metric, attributes, atMs, value },
  }));
}
