// `sentinel incident`: list them, show one, follow one.

import { type Command, Option } from 'commander';
import type { Page } from '../../api/ports/page.ts';
import type { StandingEffect } from '../../api/ports/rollbacks.ts';
import type { Evidence } from '../../domain/diagnosis/diagnosis.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import type { IncidentState } from '../../domain/incident/state.ts';
import { incidentStatuses } from '../../domain/incident/status.ts';
import { latestSimilar } from '../../domain/memory/similar.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import {
  eventLines,
  headLines,
  type ListedIncident,
  listLines,
  similarLines,
  standingLines,
} from './incident-lines.ts';
import { incidentPath } from './incident-path.ts';
import { watch } from './incident-watch.ts';

type ListFlags = CommonFlags & {
  readonly open?: boolean;
  readonly status?: string;
  readonly environment?: string;
  readonly service?: string;
  readonly limit?: string;
  readonly cursor?: string;
};

export function registerIncident(program: Command, deps: CliDeps): void {
  const incident = program.command('incident').description('incidents: list, show, watch, close');

  apiCommand(incident, 'list', 'incidents, newest first')
    .option('--open', 'only open ones')
    .addOption(new Option('--status <status>', 'only those in this state').choices(incidentStatuses))
    .option('--environment <name>', 'only this environment')
    .option('--service <name>', 'only this service')
    .option('--limit <number>', 'at most this many (1 to 200)')
    .option('--cursor <cursor>', 'the next page: nextCursor of the one before')
    .action(async (flags: ListFlags) => {
      const { api, out } = connect(flags, deps);
      const { open, status, environment, service, limit, cursor } = flags;
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries({ open, status, environment, service, limit, cursor })) {
        if (value !== undefined) query.set(name, String(value));
      }
      const page = await api.get<Page<ListedIncident>>(`/api/v1/incidents?${query}`);
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
      const { items: evidence } = await api.get<Page<Evidence>>(`${path}/evidence?limit=200`);
      const { items: standing } = await api.get<Page<StandingEffect>>(`${path}/standing?limit=200`);
      const similar = latestSimilar(evidence);
      out.answer({ ...detail, standing, similar, timeline: events }, () => [
        ...headLines(detail, out.paint),
        ...standingLines(standing, out.paint),
        ...similarLines(similar, out.paint),
        '',
        ...events.flatMap((event) => eventLines(event, out.paint)),
      ]);
    },
  );

  apiCommand(incident, 'close <incident>', 'close an incident that was handed to a person')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (text: string, flags: CommonFlags & { readonly reason: string }) => {
      const { api, out } = connect(flags, deps);
      const answer = await api.post<{ accepted: true }>(`${incidentPath(text)}/close`, {
        reason: flags.reason,
      });
      out.answer(answer, () => ['The incident is being closed.']);
    });

  apiCommand(
    incident,
    'watch [incident]',
    'follow an incident until it is closed (default: the newest open one)',
  ).action(async (text: string | undefined, flags: CommonFlags) => {
    const { api, out } = connect(flags, deps);
    await watch({ text, api, out });
  });
}
