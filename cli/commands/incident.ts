// `sentinel incident`: list them, show one, follow one.

import { type Command, Option } from 'commander';
import type { IncidentSummary, Page } from '../../api/ports.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import type { IncidentState } from '../../domain/incident/state.ts';
import { incidentStatuses } from '../../domain/incident/status.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { narrate } from '../narrate.ts';
import { clean, formatDuration, formatTime, type Paint, table } from '../terminal/text.ts';
import { incidentPath } from './incident-path.ts';
import { watch } from './incident-watch.ts';

export type ListedIncident = IncidentSummary & { readonly ref: string };
type ListFlags = CommonFlags & {
  readonly open?: boolean;
  readonly status?: string;
  readonly environment?: string;
  readonly service?: string;
  readonly limit?: string;
  readonly cursor?: string;
};

export function registerIncident(program: Command, deps: CliDeps): void {
  const incident = program.command('incident').description('incidents: list, show, watch');

  apiCommand(incident, 'list', 'incidents, newest first')
    .option('--open', 'only those that are not closed')
    .addOption(new Option('--status <status>', 'only those in this state').choices(incidentStatuses))
    .option('--environment <name>', 'only those of this environment')
    .option('--service <name>', 'only those of this service')
    .option('--limit <number>', 'at most this many (1 to 200)')
    .option('--cursor <cursor>', 'the page after the one that ended with this')
    .action(async (flags: ListFlags) => {
      const { api, out } = connect(flags, deps);
      const { open, status, environment, service, limit, cursor } = flags;
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries({ open, status, environment, service, limit, cursor })) {
        if (value !== undefined) query.set(name, String(value));
      }
      const page = await api.get<Page<ListedIncident>>(`/api/incidents?${query}`);
      out.answer(page, () => listLines(page, out.paint));
    });

  apiCommand(incident, 'show <incident>', 'one incident with its story').action(
    async (text: string, flags: CommonFlags) => {
      const { api, out } = connect(flags, deps);
      const path = incidentPath(text);
      const detail = await api.get<ListedIncident & { state: IncidentState }>(path);
      const events: IncidentEvent[] = [];
      for (let after = 0; ; ) {
        const page = await api.get<{ items: IncidentEvent[]; nextAfter: number }>(
          `${path}/timeline?after=${after}`,
        );
        if (page.items.length === 0) break;
        events.push(...page.items);
        after = page.nextAfter;
      }
      out.answer({ ...detail, timeline: events }, () => [
        ...headLines(detail, out.paint),
        '',
        ...events.flatMap((event) => eventLines(event, out.paint)),
      ]);
    },
  );

  apiCommand(
    incident,
    'watch [incident]',
    'follow an incident until it is closed (default: the newest open one)',
  ).action(async (text: string | undefined, flags: CommonFlags) => {
    const { api, out } = connect(flags, deps);
    await watch({ text, api, out });
  });
}

function listLines({ items, nextCursor }: Page<ListedIncident>, paint: Paint): string[] {
  if (items.length === 0) return ['No incidents.'];
  const rows = items.map((item) => [
    item.ref,
    new Date(item.openedAtMs).toISOString().slice(0, 19).replace('T', ' '),
    item.severity,
    item.outcome ?? item.status,
    `${item.environment}/${item.service}`,
    item.title,
  ]);
  const more = nextCursor === null ? [] : [`More: --cursor ${nextCursor}`];
  return [
    ...table(['INCIDENT', 'OPENED (UTC)', 'SEVERITY', 'STATE', 'SCOPE', 'TITLE'], rows, paint),
    ...more,
  ];
}

function headLines(
  { ref, title, severity, status, outcome, state }: ListedIncident & { state: IncidentState },
  paint: Paint,
): string[] {
  const now = outcome === null ? status : `${status}, ${outcome}`;
  const took =
    state.closedAtMs === null ? '' : ` after ${formatDuration(state.closedAtMs - state.openedAtMs)}`;
  return [
    paint('bold', clean(title)),
    `${ref}  ${clean(`${state.scope.environment}/${state.scope.service}`)}  ${severity}  ${now}${took}  attempt ${state.attempt}`,
    ...(status === 'awaiting-approval'
      ? [paint('cyan', `Decide: sentinel approve ${ref}, or sentinel reject ${ref} --reason …`)]
      : []),
  ];
}

export function eventLines(event: IncidentEvent, paint: Paint): string[] {
  const { style, text, below } = narrate(event);
  const painted = style === null ? text : paint(style, text);
  return [
    `${paint('dim', formatTime(event.atMs))}  ${painted}`,
    ...below.map((line) => `          ${paint('dim', line)}`),
  ];
}
