// All incidents, newest first, by filter, page by page.

import { html } from 'hono/html';
import { z } from 'zod';
import { toUrlId } from '../../incident-id.ts';
import type { IncidentFilter, IncidentReader, IncidentSummary } from '../../ports/incidents.ts';
import type { Page } from '../../ports/page.ts';
import { durationText, relativeTime } from '../format.ts';
import { page } from '../layout.ts';
import type { Html, View } from '../view.ts';
import { severityMark, statusChip } from '../words.ts';

const perPage = 50;

const text = z.string().trim().max(200).optional().catch(undefined);
/** What the address says; what it says wrongly is left out, because people edit addresses by hand. */
export const listQuery = z.object({
  open: z.enum(['true', 'false']).optional().catch(undefined),
  severity: z.enum(['info', 'warning', 'critical']).optional().catch(undefined),
  service: text,
  environment: text,
  cursor: z.string().max(500).optional().catch(undefined),
});
export type ListQuery = z.output<typeof listQuery>;

export type ListData = { readonly query: ListQuery; readonly found: Page<IncidentSummary> };

export async function loadIncidents(incidents: IncidentReader, query: ListQuery): Promise<ListData> {
  const { open, severity, service, environment, cursor } = query;
  const filter: IncidentFilter = {
    ...(open === undefined ? {} : { open: open === 'true' }),
    ...(severity === undefined ? {} : { severity }),
    ...(service ? { service } : {}),
    ...(environment ? { environment } : {}),
  };
  return { query, found: await incidents.list(filter, perPage, cursor ?? null) };
}

export function incidentsPage({ query, found }: ListData, view: View): Html {
  return page(view, {
    title: 'Incidents',
    section: 'incidents',
    body: html`<div data-stream="/api/v1/stream" data-open="${String(query.cursor === undefined)}"><header class="lead"><h1>Incidents</h1></header>
<form class="filters" method="get" action="/incidents" role="search">
<div><label for="open">State</label><select id="open" name="open">${options(query.open, [
      ['', 'all'],
      ['true', 'open'],
      ['false', 'closed'],
    ])}</select></div>
<div><label for="severity">Severity</label><select id="severity" name="severity">${options(query.severity, [
      ['', 'all'],
      ['critical', 'critical'],
      ['warning', 'warning'],
      ['info', 'info'],
    ])}</select></div>
<div><label for="environment">Environment</label><input id="environment" name="environment" value="${query.environment ?? ''}"></div>
<div><label for="service">Service</label><input id="service" name="service" value="${query.service ?? ''}"></div>
<button>Show</button></form>
<section id="list" data-live aria-label="Incidents">${table(found, query, view)}</section></div>`,
  });
}

function table({ items, nextCursor }: Page<IncidentSummary>, query: ListQuery, view: View): Html {
  if (items.length === 0) return html`<p class="empty">No incidents match.</p>`;
  const next = nextPage(query, nextCursor);
  return html`<div class="scroll"><table class="stack"><thead><tr><th scope="col">Severity</th><th scope="col">Incident</th><th scope="col">Service</th><th scope="col">State</th><th scope="col" class="figure">Opened</th><th scope="col" class="figure">Lasted</th></tr></thead><tbody>${items.map(
    (one) =>
      html`<tr><td>${severityMark(one.severity)}</td><td class="wide"><a href="/incidents/${toUrlId(one.id)}">${one.title}</a></td><td><span class="id">${one.environment}/${one.service}</span></td><td>${statusChip(one)}</td><td class="figure">${relativeTime(one.openedAtMs, view.nowMs)}</td><td class="figure">${durationText((one.closedAtMs ?? view.nowMs) - one.openedAtMs)}</td></tr>`,
  )}</tbody></table></div>${nextCursor === null ? '' : html`<p class="more"><a href="/incidents?${next}" rel="next">Older incidents</a></p>`}`;
}

/** The address of the page after this one, with the same filter. */
export function nextPage(
  query: Readonly<Record<string, string | undefined>>,
  cursor: string | null,
): URLSearchParams {
  const next = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, cursor: cursor ?? '' }))
    if (value) next.set(name, value);
  return next;
}

export function options(selected: string | undefined, all: readonly (readonly [string, string])[]): Html[] {
  return all.map(
    ([value, word]) =>
      html`<option value="${value}" ${value === (selected ?? '') ? 'selected' : ''}>${word}</option>`,
  );
}
