// `sentinel explain event <id>` and `sentinel explain telemetry <service>`: what became of what was sent.

import type { Command } from 'commander';
import type { ExplainedItem, RefusedTelemetry } from '../../api/ports/explain.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { clean } from '../terminal/text.ts';

type Explanation = {
  readonly items: readonly ExplainedItem[];
  readonly refused: readonly RefusedTelemetry[];
};

export function registerExplain(program: Command, deps: CliDeps): void {
  const explain = program
    .command('explain')
    .description('find out what happened to an event or to telemetry');

  apiCommand(
    explain,
    'event <id>',
    'an event, an alert or an anomaly, by the ID that its sender or Sentinel gave it',
  ).action(async (id: string, flags: CommonFlags) => {
    const { api, out } = connect(flags, deps);
    const answer = await api.get<Explanation>(`/api/v1/explain?${new URLSearchParams({ id })}`);
    out.answer(answer, () => (answer.items.length === 0 ? [unknown(id)] : answer.items.flatMap(itemLines)));
  });

  apiCommand(explain, 'telemetry <service>', 'rejected telemetry of a service, and why').action(
    async (service: string, flags: CommonFlags) => {
      const { api, out } = connect(flags, deps);
      const answer = await api.get<Explanation>(`/api/v1/explain?${new URLSearchParams({ id: service })}`);
      const { refused } = answer;
      out.answer(answer, () =>
        refused.length === 0
          ? [`No telemetry from ${clean(service)} was rejected in the last seven days.`]
          : refused.map(refusedLine),
      );
    },
  );
}

function unknown(id: string): string {
  return `Nothing with the ID ${clean(id)} was received in the last seven days.`;
}

function itemLines(item: ExplainedItem): string[] {
  const what = item.kind === 'change' ? 'change' : item.seriesKey?.startsWith('alert|') ? 'alert' : 'anomaly';
  const state = item.state === null ? '' : ` (${item.state})`;
  const again = item.repeatedAtMs === null ? '' : `, the last time ${instant(item.repeatedAtMs)}`;
  return [
    `${what}${state} of ${clean(item.environment)}/${clean(item.service)}: ${clean(item.summary)}`,
    `  received ${instant(item.receivedAtMs)}`,
    ...(item.repeats === 0
      ? []
      : [
          `  repeated ${item.repeats === 1 ? 'once' : `${item.repeats} times`}${again}: ignored as duplicates`,
        ]),
    `  ${outcome(item)}`,
    ...(item.seriesKey === null ? [] : [`  series ${clean(item.seriesKey)}`]),
  ];
}

function outcome(item: ExplainedItem): string {
  const reason = item.reason === null ? '' : `: ${clean(item.reason)}`;
  switch (item.outcome) {
    case 'waiting': {
      const next = item.nextAttemptAtMs === null ? '' : `, next attempt ${instant(item.nextAttemptAtMs)}`;
      return item.attempts === 0 ? 'queued' : `in progress after ${item.attempts} attempts${reason}${next}`;
    }
    case 'incident': {
      const closed = item.incidentClosedAtMs === null ? 'open' : `closed ${instant(item.incidentClosedAtMs)}`;
      const why = item.incidentWhy === null ? '' : `; ${clean(item.incidentWhy)}`;
      return `incident ${clean(item.incidentId ?? '')} (${closed}): ${clean(item.incidentTitle ?? '')}${why}`;
    }
    case 'evidence':
      return 'kept as evidence for diagnoses';
    case 'suppressed':
      return `no incident${reason}`;
    case 'dead-letter':
      return `given up after ${item.attempts} attempts${reason}`;
  }
}

function refusedLine(row: RefusedTelemetry): string {
  const where = `${clean(row.environment)}/${clean(row.service)}`;
  return `${where}: ${row.records} of ${clean(row.signal)} rejected as ${row.reason}, last ${instant(row.lastAtMs)}, for example ${clean(row.example)}`;
}

const instant = (ms: number): string => new Date(ms).toISOString();
