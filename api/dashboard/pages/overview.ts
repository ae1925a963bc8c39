// The overview: what is wrong now, what waits for me, whether everything stands, what happened last, and the kill switch.

import { html } from 'hono/html';
import type { Briefing } from '../../../domain/incident/briefing.ts';
import { toUrlId } from '../../incident-id.ts';
import type { PendingApproval } from '../../ports/approvals.ts';
import type { ComponentHealth } from '../../ports/health.ts';
import type { IncidentReader, IncidentSummary } from '../../ports/incidents.ts';
import type { ResourceView } from '../../resource-usage.ts';
import { briefingsOf, mostUrgent } from '../approval-queue.ts';
import { durationText, relativeTime } from '../format.ts';
import { csrfField, page } from '../layout.ts';
import type { Latest } from '../status.ts';
import { type Html, may, mayRelease, type View } from '../view.ts';
import { inWords, plural, severityMark, statusChip } from '../words.ts';
import { infrastructureTable } from './infrastructure.ts';

const shownWaiting = 10;
const shownOpen = 20;
const shownClosed = 12;

export type OverviewData = {
  readonly waiting: readonly PendingApproval[];
  readonly open: readonly IncidentSummary[];
  /** What is known of the waiting and the open ones. */
  readonly known: ReadonlyMap<string, Briefing>;
  readonly moreOpen: boolean;
  readonly closed: readonly IncidentSummary[];
  readonly components: readonly ComponentHealth[] | null;
  readonly resources: ResourceView | null;
};

export async function loadOverview(
  deps: {
    readonly incidents: IncidentReader;
    readonly components: Latest<readonly ComponentHealth[]>;
    readonly resources: Latest<ResourceView>;
  },
  pending: readonly PendingApproval[],
): Promise<OverviewData> {
  const waiting = mostUrgent(pending, shownWaiting);
  const [open, closed, components, resources] = await Promise.all([
    deps.incidents.list({ open: true }, shownOpen, null),
    deps.incidents.list({ open: false }, shownClosed, null),
    deps.components(),
    deps.resources(),
  ]);
  const known = await briefingsOf(deps.incidents, [
    ...waiting.map(({ incidentId }) => incidentId),
    ...open.items.map(({ id }) => id),
  ]);
  return {
    waiting,
    open: open.items,
    known,
    moreOpen: open.nextCursor !== null,
    closed: closed.items,
    components,
    resources,
  };
}

export function overviewPage(data: OverviewData, view: View): Html {
  return page(view, {
    title: 'Overview',
    section: 'overview',
    body: html`<div class="overview" data-stream="/api/v1/stream" data-open="true">
<header class="lead" id="headline" data-live>${headline(data, view)}</header>
<section id="waiting" data-live aria-labelledby="waiting-title" ${view.pending.length === 0 ? 'hidden' : ''}><h2 id="waiting-title">Needs your decision</h2>${waitingList(data, view)}</section>
<section id="now" data-live aria-labelledby="now-title"><h2 id="now-title">Open incidents</h2>${openList(data, view)}</section>
<section id="infrastructure" data-live aria-labelledby="infrastructure-title"><h2 id="infrastructure-title">Infrastructure</h2>${infrastructureTable(data.resources, view)}</section>
<div class="columns even">
<section id="last" data-live aria-labelledby="last-title"><h2 id="last-title">Recent incidents</h2>${closedTable(data, view)}</section>
<div>
<section id="parts" data-live aria-labelledby="parts-title"><h2 id="parts-title">Dependencies</h2>${partList(data.components)}</section>
<section id="kill-switch" aria-labelledby="switch-title"><h2 id="switch-title">Kill switch</h2><div id="switches" data-live>${switchList(view)}</div>${switchForm(view)}</section>
</div></div></div>`,
  });
}

function headline({ open, moreOpen, components }: OverviewData, { pending }: View): Html {
  const broken = (components ?? []).filter(({ ok }) => !ok);
  const count = `${open.length}${moreOpen ? '+' : ''}`;
  const title =
    open.length === 0
      ? html`<span class="good" aria-hidden="true">✓</span> No open incidents`
      : html`${count} ${open.length === 1 ? 'incident is' : 'incidents are'} open`;
  const withPeople = open.filter(({ status }) => status === 'handed-over').length;
  const parts = [
    ...(withPeople > 0 ? [`${withPeople} with a person`] : []),
    ...(pending.length > 0 ? [`${plural(pending.length, 'pending approval')}`] : []),
    ...(broken.length > 0 ? [`${broken.map(({ name }) => name).join(', ')} failing`] : []),
  ];
  return html`<h1>${title}</h1><p class="muted">${parts.length === 0 ? (open.length === 0 ? 'Sentinel is watching.' : 'Sentinel is working on it. No approval is pending.') : `${parts.join(' · ')}.`}</p>`;
}

function waitingList({ waiting, known }: OverviewData, view: View): Html {
  const all = view.pending.length;
  return html`<ul class="rows">${waiting.map(({ incidentId, role, quorum, approvals, deadlineMs }) => {
    const about = known.get(incidentId);
    const ref = toUrlId(incidentId);
    const step = about?.plan?.steps[0];
    return html`<li class="row ask"><div class="what"><a class="title" href="/incidents/${ref}#decision">${about?.title ?? ref}</a>
<p>${step === undefined ? '' : html`<b>${inWords(step.action)}</b> <span class="id">${step.target}</span>: ${step.before} → ${step.after}`}</p></div>
<div class="facts-line"><span>${approvals} of ${quorum} approvals (${role})</span> <span>expires ${relativeTime(deadlineMs, view.nowMs)}</span></div>
<a class="button primary" href="/incidents/${ref}#decision">Review</a></li>`;
  })}</ul>${all > waiting.length ? html`<p class="more"><a href="/approvals">All ${all} pending approvals</a></p>` : ''}`;
}

function openList({ open, moreOpen, known }: OverviewData, view: View): Html {
  if (open.length === 0) {
    return html`<div class="quiet"><p class="muted">New incidents show up here with the suspected cause and what is being done.</p></div>`;
  }
  return html`<ul class="rows">${open.map((summary) => {
    const about = known.get(summary.id);
    const suspect = about?.diagnosis?.hypotheses[0];
    const others = about === undefined ? 0 : about.symptoms.length + about.moreAnomalies - 1;
    return html`<li class="row" id="row-${toUrlId(summary.id)}"><div class="what">${severityMark(summary.severity)} <a class="title" href="/incidents/${toUrlId(summary.id)}">${summary.title}</a>
<p>${suspect === undefined ? (about?.diagnosis == null ? 'No diagnosis yet' : 'No cause found') : html`Suspected: <b>${inWords(suspect.cause).toLowerCase()}</b> in <span class="id">${suspect.service}</span>`}${others > 0 ? html` <span class="muted">· ${plural(others, 'more anomaly', 'more anomalies')}</span>` : ''}</p></div>
<div class="facts-line"><span class="id">${summary.environment}/${summary.service}</span> <span>opened ${relativeTime(summary.openedAtMs, view.nowMs)}</span></div>${statusChip(summary)}</li>`;
  })}</ul>${moreOpen ? html`<p class="more"><a href="/incidents?open=true">All open incidents</a></p>` : ''}`;
}

function closedTable({ closed }: OverviewData, view: View): Html {
  if (closed.length === 0) return html`<p class="empty">None yet.</p>`;
  return html`<div class="scroll"><table class="stack"><thead><tr><th scope="col">Incident</th><th scope="col">Outcome</th><th scope="col" class="figure">Took</th><th scope="col" class="figure">Closed</th></tr></thead><tbody>${closed.map(
    (summary) =>
      html`<tr><td class="wide"><a href="/incidents/${toUrlId(summary.id)}">${summary.title}</a><br><span class="id muted">${summary.environment}/${summary.service}</span></td><td>${statusChip(summary)}</td><td class="figure">${durationText((summary.closedAtMs ?? summary.openedAtMs) - summary.openedAtMs)}</td><td class="figure">${relativeTime(summary.closedAtMs ?? summary.updatedAtMs, view.nowMs)}</td></tr>`,
  )}</tbody></table></div><p class="more"><a href="/incidents">All incidents</a></p>`;
}

function partList(components: readonly ComponentHealth[] | null): Html {
  if (components === null) return html`<p class="empty">Looking …</p>`;
  return html`<ul class="parts">${components.map(
    ({ name, ok, required, detail }) =>
      html`<li>${ok ? html`<span class="good" aria-hidden="true">✓</span>` : html`<span class="bad" aria-hidden="true">×</span>`} <b>${name}</b> <span>${ok ? 'ok' : required ? 'failing' : 'failing; optional'}</span><br><span class="muted detail">${detail}</span></li>`,
  )}</ul>`;
}

function switchList(view: View): Html {
  const engaged = view.switches.filter((one) => one.engaged);
  if (engaged.length === 0) return html`<p>Not engaged: actions run as policy allows.</p>`;
  return html`<ul class="rows">${engaged.map((one) => {
    const { environment, by, reason, atMs } = one;
    return html`<li class="row ask"><div class="what"><b>Engaged ${environment === '*' ? 'everywhere' : html`in <span class="id">${environment}</span>`}</b><p>${by}, ${relativeTime(atMs, view.nowMs)}: ${reason}</p></div>
${mayRelease(view, one) ? releaseForm(view, environment) : one.releasedBy === 'admin' ? html`<p class="muted">An admin engaged it; only an admin can release it.</p>` : ''}</li>`;
  })}</ul>`;
}

function releaseForm(view: View, environment: string): Html {
  return html`<form method="post" action="/kill-switch">${csrfField(view)}<input type="hidden" name="environment" value="${environment}"><input type="hidden" name="engaged" value="false"><input type="hidden" name="reason" value="released in the dashboard"><button>Release</button></form>`;
}

function switchForm(view: View): Html | '' {
  if (!may(view, 'operator')) return '';
  return html`<details id="engage"><summary>Engage</summary><form method="post" action="/kill-switch">${csrfField(view)}<input type="hidden" name="engaged" value="true">
<p>Stops every action immediately. Detection and diagnosis continue.</p>
<label for="switch-environment">Environment <span class="muted">* for all</span></label><input id="switch-environment" name="environment" value="*" maxlength="200" required autocomplete="off">
<label for="switch-reason">Reason</label><input id="switch-reason" name="reason" maxlength="2000" required autocomplete="off"><button class="danger">Engage the kill switch</button></form></details>`;
}
