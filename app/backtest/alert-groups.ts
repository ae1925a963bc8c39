// Which incident each alert of an export would have become a part of, as they came one by one.

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { stringify } from 'csv-stringify/sync';
import { type GroupedAlert, Grouping, type Placed } from '../../domain/correlation/grouping/grouping.ts';
import { type Edge, ServiceGraph } from '../../domain/correlation/service-graph.ts';
import { ExitError, exitCodes } from '../exit.ts';
import { type AlertColumns, alertsOf } from './alert-rows.ts';
import { columnIn, recordsOf } from './tables.ts';
import { UnreadableFile } from './unreadable.ts';

export type AlertsRequest = {
  readonly file: string;
  readonly out: string;
  /** A CSV file of who calls whom; null: not known. */
  readonly graph: string | null;
  readonly columns: AlertColumns;
};

export type AlertsResult = {
  readonly alerts: number;
  readonly incidents: number;
  /** Alerts that fire all the time, which are no incident of their own. */
  readonly background: number;
};

/** As in the settings of correlation. */
const maxHops = 2;

/** Writes a row for each alert, in the order of the file: `incident`, and `why`. */
export async function backtestAlerts({ file, out, graph, columns }: AlertsRequest): Promise<AlertsResult> {
  const known = graph === null ? null : new ServiceGraph(await edgesOf(graph), maxHops);
  const alerts = await readable(file, () => alertsOf(file, columns));
  const placed = placedInOrder(alerts, new Grouping(known));
  await writeFile(out, stringify([['incident', 'why'], ...placed.map(({ group, why }) => [group, why])]));
  return {
    alerts: alerts.length,
    incidents: new Set(placed.filter(({ background }) => !background).map(({ group }) => group)).size,
    background: placed.filter(({ background }) => background).length,
  };
}

/** They are placed in the order of their times, and answered in their own. */
export function placedInOrder(alerts: readonly GroupedAlert[], grouping: Grouping): readonly Placed[] {
  const order = alerts
    .map((alert, index) => ({ alert, index }))
    .toSorted((a, b) => a.alert.atMs - b.alert.atMs);
  const placed: Placed[] = new Array(alerts.length);
  for (const { alert, index } of order) placed[index] = grouping.place(alert);
  return placed;
}

async function edgesOf(file: string): Promise<readonly Edge[]> {
  return readable(file, async () => {
    const edges: Edge[] = [];
    let places: { readonly caller: number; readonly callee: number } | null = null;
    for await (const record of recordsOf<readonly string[]>(file, { skipEmptyLines: true, trim: true })) {
      places ??= {
        caller: columnIn(record, null, ['caller', 'source', 'from', 'client']) ?? 0,
        callee: columnIn(record, null, ['callee', 'target', 'to', 'server']) ?? 1,
      };
      edges.push({ caller: record[places.caller] ?? '', callee: record[places.callee] ?? '' });
    }
    return edges.slice(1);
  });
}

async function readable<Result>(file: string, read: () => Promise<Result>): Promise<Result> {
  if (!existsSync(file)) throw new ExitError(exitCodes.usage, `there is no ${file}`);
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnreadableFile) throw new ExitError(exitCodes.failed, `${file}: ${error.message}`);
    throw error;
  }
}
