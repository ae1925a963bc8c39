// The inbox of decisions: every plan that waits, the nearest deadline first, each with the form to decide on it.

import { html } from 'hono/html';
import type { Briefing } from '../../../domain/incident/briefing.ts';
import { plainLine } from '../../../domain/text.ts';
import { toUrlId } from '../../incident-id.ts';
import type { PendingApproval } from '../../ports/approvals.ts';
import type { IncidentReader } from '../../ports/incidents.ts';
import { briefingsOf, mostUrgent } from '../approval-queue.ts';
import { clockTime, relativeTime } from '../format.ts';
import { riskText } from '../incident/decision.ts';
import { page } from '../layout.ts';
import type { Html, View } from '../view.ts';
import { inWords, plural, severityMark } from '../words.ts';

const mostShown = 50;
const longestBecause = 500;

type Waiting = { readonly pending: PendingApproval; readonly about: Briefing | null };

export async function loadApprovals(
  incidents: IncidentReader,
  pending: readonly PendingApproval[],
): Promise<readonly Waiting[]> {
  const shown = mostUrgent(pending, mostShown);
  const known = await briefingsOf(
    incidents,
    shown.map(({ incidentId }) => incidentId),
  );
  return shown.map((one) => ({ pending: one, about: known.get(one.incidentId) ?? null }));
}

export function approvalsPage(waiting: readonly Waiting[], view: View): Html {
  return page(view, {
    title: 'Approvals',
    section: 'approvals',
    body: html`<div data-stream="/api/v1/stream" data-open="true"><header class="lead"><h1>Approvals</h1><p class="muted">Plans waiting for a person, earliest deadline first.</p></header>
<section id="inbox" data-live aria-label="Pending approvals">${
      waiting.length === 0
        ? html`<div class="quiet"><p><b>No pending approvals.</b></p><p class="muted">Plans that need approval show up here.</p></div>`
        : html`<ul class="inbox">${waiting.map((one) => item(one, view))}</ul>`
    }</section></div>`,
  });
}

function item({ pending, about }: Waiting, view: View): Html {
  const ref = toUrlId(pending.incidentId);
  const { role, quorum, approvals, deadlineMs, because } = pending;
  const plan = about?.plan ?? null;
  return html`<li class="card" id="ask-${ref}">
<h2>${about === null ? '' : severityMark(about.severity)} <a href="/incidents/${ref}#decision">${about?.title ?? ref}</a></h2>
${plan === null ? '' : html`<p>${plan.reason}</p><ul class="brief-steps">${plan.steps.map(({ action, target, before, after }) => html`<li><b>${inWords(action)}</b> <span class="id">${target}</span>: ${before} → ${after}</li>`)}</ul>`}
${because === null ? '' : html`<p><b>Why now:</b> ${plainLine(because, longestBecause)}</p>`}<p class="facts-line">${plan === null ? '' : html`<span>risk ${riskText(plan.risk)}</span>`} <span>${approvals} of ${plural(quorum, 'approval')}, role ${role}</span> <span>until ${clockTime(deadlineMs, view.nowMs)} (${relativeTime(deadlineMs, view.nowMs)})</span></p>
<p><a class="button primary" href="/incidents/${ref}#decision">Review and decide</a></p></li>`;
}
