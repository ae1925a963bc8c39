// Rows of history as ClickHouse takes them: one array per row, in the order of the table's columns.

import type { Anomaly } from '../../domain/detection/anomaly.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../../domain/telemetry.ts';
import type { HistoryRows } from '../../ingest/ports.ts';
import { type TableName, tableNames } from './schema.ts';

type Value = string | number | null;
export type TableRows = Record<TableName, Value[][]>;

export function emptyRows(): TableRows {
  return { calls: [], metrics: [], logs: [], anomalies: [] };
}

export function appendRows(target: TableRows, rows: HistoryRows): void {
  const environment = text(rows.environment);
  for (const call of rows.calls) target.calls.push(callRow(environment, call));
  for (const metric of rows.metrics) target.metrics.push(metricRow(environment, metric));
  for (const log of rows.logs) target.logs.push(logRow(environment, log));
  for (const anomaly of rows.anomalies) target.anomalies.push(anomalyRow(environment, anomaly));
}

export function countRows(rows: HistoryRows): number {
  return tableNames.reduce((sum, name) => sum + rows[name].length, 0);
}

function callRow(environment: string, row: CallBucket): Value[] {
  return [
    environment,
    text(row.service),
    Math.round(row.atMs),
    text(row.instance),
    row.side,
    text(row.peer),
    row.count,
    row.errors,
    row.ownErrors,
    row.latencyP50Ms,
    row.latencyP95Ms,
    row.selfTimeP50Ms,
    row.intervalMs ?? 0,
    row.slow ?? 0,
  ];
}

function metricRow(environment: string, row: MetricBucket): Value[] {
  const { service, atMs, instance, metric, attributes, value } = row;
  return [
    environment,
    text(service),
    Math.round(atMs),
    text(instance),
    text(metric),
    text(attributes),
    value,
  ];
}

function logRow(environment: string, row: LogBucket): Value[] {
  const { service, atMs, templateId, template, severityNumber, count, fromOutside } = row;
  return [
    environment,
    text(service),
    Math.round(atMs),
    text(templateId),
    text(template),
    severityNumber,
    count,
    fromOutside === true ? 1 : 0,
  ];
}

function anomalyRow(environment: string, row: Anomaly): Value[] {
  return [
    environment,
    text(row.scope.service),
    Math.round(row.onsetMs),
    text(row.id),
    row.state,
    text(row.scope.component ?? ''),
    text(row.scope.resourceId ?? ''),
    row.detector,
    row.signal,
    text(row.seriesKey),
    text(row.metric),
    row.direction,
    Math.round(row.detectedMs),
    row.clearedMs === undefined ? null : Math.round(row.clearedMs),
    row.expected,
    row.seen,
    row.score,
    row.confidence,
    row.severity,
    text(row.summary),
  ];
}

/** Half a surrogate pair in one row would make the engine refuse the whole batch. */
function text(value: string): string {
  return value.toWellFormed();
}
