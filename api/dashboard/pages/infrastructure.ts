// The infrastructure on the overview: what each service runs on and how full it is, the fullest first.

import { html } from 'hono/html';
import type { Usage } from '../../../domain/infrastructure/usage.ts';
import type { ResourceView, ServiceResources } from '../../resource-usage.ts';
import { valueText } from '../assets/text.js';
import { relativeTime } from '../format.ts';
import type { Html, View } from '../view.ts';

const shownServices = 12;
/** A sample older than this is shown with its age. */
const currentMs = 2 * 60_000;
/** Where a bar gets its colour: half of a limit is no reason to look, four fifths are. */
const tones = [
  { from: 0.95, tone: 'bad' },
  { from: 0.8, tone: 'wait' },
] as const;

export function infrastructureTable(resources: ResourceView | null, view: View): Html {
  if (resources === null) return html`<p class="empty">Loading …</p>`;
  const { services, missing } = resources;
  const gaps = missing.map(({ source, reason }) => html`<p class="doubt"><b>${source}</b>: ${reason}</p>`);
  if (services.length === 0)
    return html`${gaps}<p class="empty">No telemetry about CPU, memory, disk or network in the last 15 minutes.</p>`;
  const shown = services.toSorted((left, right) => strain(right) - strain(left)).slice(0, shownServices);
  return html`${gaps}<div class="scroll"><table class="stack resources"><thead><tr><th scope="col">Service</th><th scope="col">CPU</th><th scope="col">Memory</th><th scope="col">Disk</th><th scope="col" class="figure">Network in / out</th><th scope="col" class="figure">Containers</th></tr></thead>
<tbody>${shown.map((row) => serviceRow(row, view))}</tbody></table></div>
${services.length > shown.length ? html`<p class="more muted">The ${shown.length} fullest of ${services.length} services.</p>` : ''}`;
}

function serviceRow(row: ServiceResources, view: View): Html {
  const { environment, service, cpu, memory, disk, network, containers, seenAtMs } = row;
  const old = seenAtMs !== null && view.nowMs - seenAtMs > currentMs;
  const link = `/series?${new URLSearchParams({ environment, service })}`;
  return html`<tr id="res-${environment}-${service}"><th scope="row"><a href="${link}">${service}</a> <span class="muted">${environment}</span>${old ? html`<br><span class="muted">${relativeTime(seenAtMs, view.nowMs)}</span>` : ''}</th>
<td data-label="CPU">${usageCell('CPU', cpu, coresText)}</td><td data-label="Memory">${usageCell('Memory', memory, bytes)}</td><td data-label="Disk">${usageCell('Disk', disk, bytes)}</td>
<td class="figure" data-label="Network">${network === null ? '–' : `${bytes(network.receivedPerSecond)}/s · ${bytes(network.sentPerSecond)}/s`}</td>
<td class="figure" data-label="Containers">${containerText(containers)}</td></tr>`;
}

function usageCell(what: string, usage: Usage | null, amount: (value: number) => string): Html {
  if (usage === null) return html`–`;
  const { share, used, limit } = usage;
  const amounts = used === null ? '' : limit === null ? amount(used) : `${amount(used)} of ${amount(limit)}`;
  if (share === null) return html`${amounts}`;
  const tone = tones.find(({ from }) => share >= from)?.tone ?? 'good';
  return html`<span class="usage ${tone}" title="${amounts}"><meter min="0" max="1" low="0.8" high="0.95" optimum="0" value="${Math.min(1, Math.max(0, share)).toFixed(3)}" aria-label="${what}">${valueText(share, 'ratio')}</meter> <span>${valueText(share, 'ratio')}</span></span>`;
}

function containerText(containers: ServiceResources['containers']): Html {
  if (containers === null) return html`–`;
  const { running, wanted } = containers;
  return running < wanted ? html`<b class="bad">${running} of ${wanted}</b>` : html`${running} of ${wanted}`;
}

/** What is missing containers comes first, then what is closest to a limit. */
function strain({ cpu, memory, disk, containers }: ServiceResources): number {
  const fullest = Math.max(0, ...[cpu, memory, disk].map((usage) => usage?.share ?? 0));
  return (containers !== null && containers.running < containers.wanted ? 10 : 0) + fullest;
}

const bytes = (value: number): string => valueText(value, 'bytes');
const coresText = (value: number): string => `${valueText(value, 'plain')} cores`;
