// History for people's eyes: samples of one service, put together into steps by ClickHouse, so that a day costs as few
// rows as a minute.

import type { ClickHouseClient } from '@clickhouse/client';
import type { Series, SeriesKind, SeriesQuery } from '../../api/ports/telemetry.ts';

/** Labels, then a name, then values: how each row of a query is read. Constants only. */
type Shape = {
  readonly labels: readonly string[];
  /** Null: each value is a series of its own, by the name of its column. */
  readonly name: string | null;
  readonly values: Readonly<Record<string, string>>;
};

const shapes: Readonly<Record<SeriesKind, Shape>> = {
  calls: {
    labels: ['side', 'peer'],
    name: null,
    values: {
      calls: 'sum(calls)',
      errors: 'sum(errors)',
      latencyP50Ms: 'sum(latency_p50_ms * calls) / greatest(sum(calls), 1)',
      latencyP95Ms: 'max(latency_p95_ms)',
    },
  },
  metrics: { labels: ['instance', 'attributes'], name: 'metric', values: { value: 'avg(value)' } },
  logs: { labels: ['template_id'], name: 'template', values: { records: 'sum(records)' } },
};

const longestQuerySeconds = 10;

/** `maxRows`: rows are steps of series; when there are more, the newest are returned. */
export async function readSeries(
  client: ClickHouseClient,
  database: string,
  query: SeriesQuery,
  maxRows: number,
): Promise<{ series: readonly Series[]; truncated: boolean }> {
  const { labels, name, values } = shapes[query.kind];
  const by = [...labels, ...(name === null ? [] : [name])];
  const only = query.kind === 'metrics' && query.metric !== undefined ? 'AND metric = {metric:String}' : '';
  const result = await client.query({
    query: `SELECT intDiv(toUnixTimestamp64Milli(ts), {stepMs:Int64}) * {stepMs:Int64} AS at,
        ${[...by, ...Object.values(values)].join(', ')}
      FROM {database:Identifier}.${query.kind} FINAL
      WHERE environment = {environment:String} AND service = {service:String} ${only}
        AND ts >= fromUnixTimestamp64Milli({fromMs:Int64}) AND ts < fromUnixTimestamp64Milli({toMs:Int64})
      GROUP BY at, ${by.join(', ')} ORDER BY at DESC, ${by.join(', ')} LIMIT {rows:UInt32}`,
    query_params: {
      database,
      environment: query.environment,
      service: query.service,
      fromMs: Math.round(query.fromMs),
      toMs: Math.round(query.toMs),
      stepMs: Math.round(query.stepMs),
      rows: maxRows + 1,
      ...(only === '' ? {} : { metric: query.metric }),
    },
    format: 'JSONCompactEachRow',
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 0,
      max_execution_time: longestQuerySeconds,
    },
  });
  const rows = await result.json<readonly (string | number)[]>();
  const series = gather(rows.slice(0, maxRows).reverse(), shapes[query.kind], by.length);
  return { series, truncated: rows.length > maxRows };
}

function gather(
  rows: readonly (readonly (string | number)[])[],
  { labels, name, values }: Shape,
  identityLength: number,
): Series[] {
  type Growing = { name: string; labels: Record<string, string>; points: { atMs: number; value: number }[] };
  const found = new Map<string, Growing>();
  for (const [at, ...rest] of rows) {
    const identity = rest.slice(0, identityLength).map(String);
    Object.keys(values).forEach((column, index) => {
      const value = Number(rest[identityLength + index]);
      if (!Number.isFinite(value)) return;
      const named = name === null ? column : (identity.at(-1) ?? column);
      const key = JSON.stringify([column, ...identity]);
      const one = found.get(key) ?? { name: named, labels: labelled(labels, identity), points: [] };
      one.points.push({ atMs: Number(at), value });
      found.set(key, one);
    });
  }
  return [...found.values()];
}

/** Empty labels say nothing: the server side of calls has no peer. */
function labelled(labels: readonly string[], identity: readonly string[]): Record<string, string> {
  const entries = labels.map((label, index) => [label, identity[index] ?? ''] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}
