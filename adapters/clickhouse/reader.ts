// Queries of telemetry history: always one environment, a half-open time range, and a bounded number of rows.

import type { ClickHouseClient } from '@clickhouse/client';
import type { TimeRange } from '../../activities/ports.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../../domain/telemetry.ts';

export type Reader = {
  calls(range: TimeRange, services: readonly string[] | undefined): Promise<CallBucket[]>;
  metrics(range: TimeRange, services: readonly string[] | undefined): Promise<MetricBucket[]>;
  logs(range: TimeRange, services: readonly string[] | undefined): Promise<LogBucket[]>;
  environments(sinceMs: number): Promise<string[]>;
};

const atMs = 'toUnixTimestamp64Milli(ts)';
/** Per query: the table, and what it selects in the order the mapping below reads it. Constants only. */
const selections = {
  calls: `${atMs}, service, instance, side, peer, calls, errors, own_errors, latency_p50_ms, latency_p95_ms, self_time_p50_ms, interval_ms, slow`,
  metrics: `${atMs}, service, instance, metric, attributes, value`,
  logs: `${atMs}, service, template_id, template, severity_number, records, from_outside`,
} as const;
type ReadTable = keyof typeof selections;

/** `maxRows`: when a range holds more, the newest are returned. */
export function createReader(client: ClickHouseClient, database: string, maxRows: number): Reader {
  async function rows<Row>(table: ReadTable, range: TimeRange, services?: readonly string[]): Promise<Row[]> {
    const only = services === undefined ? '' : 'AND service IN {services:Array(String)}';
    const result = await client.query({
      // FINAL: a row that was written twice counts once.
      query: `SELECT ${selections[table]} FROM {database:Identifier}.${table} FINAL
        WHERE environment = {environment:String} ${only}
          AND ts >= fromUnixTimestamp64Milli({fromMs:Int64}) AND ts < fromUnixTimestamp64Milli({toMs:Int64})
        ORDER BY ts DESC LIMIT {maxRows:UInt32}`,
      query_params: {
        database,
        environment: range.environment,
        fromMs: Math.round(range.fromMs),
        toMs: Math.round(range.toMs),
        maxRows,
        ...(services === undefined ? {} : { services }),
      },
      format: 'JSONCompactEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return (await result.json<Row>()).reverse();
  }

  return {
    calls: async (range, services) => {
      type Row = [
        number,
        string,
        string,
        CallBucket['side'],
        string,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const found = await rows<Row>('calls', range, services);
      return found.map(
        ([
          at,
          service,
          instance,
          side,
          peer,
          count,
          errors,
          ownErrors,
          latencyP50Ms,
          latencyP95Ms,
          selfTimeP50Ms,
          intervalMs,
          slow,
        ]) => ({
          atMs: at,
          service,
          instance,
          side,
          peer,
          count,
          errors,
          ownErrors,
          latencyP50Ms,
          latencyP95Ms,
          selfTimeP50Ms,
          ...(intervalMs === 0 ? {} : { intervalMs }),
          ...(slow === 0 ? {} : { slow }),
        }),
      );
    },
    metrics: async (range, services) => {
      const found = await rows<[number, string, string, string, string, number]>('metrics', range, services);
      return found.map(([at, service, instance, metric, attributes, value]) => ({
        atMs: at,
        service,
        instance,
        metric,
        attributes,
        value,
      }));
    },
    logs: async (range, services) => {
      const found = await rows<[number, string, string, string, number, number, 0 | 1]>(
        'logs',
        range,
        services,
      );
      return found.map(([at, service, templateId, template, severityNumber, count, outside]) => {
        const row = { atMs: at, service, templateId, template, severityNumber, count };
        return outside === 1 ? { ...row, fromOutside: true } : row;
      });
    },
    environments: async (sinceMs) => {
      const result = await client.query({
        query: `SELECT DISTINCT environment FROM (
            SELECT environment FROM {database:Identifier}.calls WHERE ts >= fromUnixTimestamp64Milli({sinceMs:Int64})
            UNION ALL
            SELECT environment FROM {database:Identifier}.metrics WHERE ts >= fromUnixTimestamp64Milli({sinceMs:Int64})
          ) ORDER BY environment LIMIT 1000`,
        query_params: { database, sinceMs: Math.round(sinceMs) },
        format: 'JSONCompactEachRow',
      });
      return (await result.json<[string]>()).map(([environment]) => environment);
    },
  };
}
