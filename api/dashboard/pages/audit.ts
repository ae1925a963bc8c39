// The audit trail as people ask it: who did what, to what, when and why.

import { html } from 'hono/html';
import { z } from 'zod';
import { auditActions } from '../../../domain/audit/event.ts';
import { toUrlId } from '../../incident-id.ts';
import type { AuditEntry, AuditReader } from '../../ports/audit.ts';
import type { Page } from '../../ports/page.ts';
import { clockTime } from '../format.ts';
import { page } from '../layout.ts';
import type { Html, View } from '../view.ts';
import { nextPage, options } from './incidents.ts';

const perPage = 100;

const text = z.string().trim().max(300).optional().catch(undefined);
export const auditQuery = z.object({
  actor: text,
  subject: text,
  action: z.enum(auditActions).optional().catch(undefined),
  cursor: z.string().max(500).optional().catch(undefined),
});
export type AuditQuery = z.output<typeof auditQuery>;

export async function loadAudit(audit: AuditReader, { actor, subject, action, cursor }: AuditQuery) {
  const filter = {
    ...(actor ? { actor } : {}),
    ...(subject ? { subject } : {}),
    ...(action ? { action } : {}),
  };
  return audit.query(filter, perPage, cursor ?? null);
}

export function auditPage(found: Page<AuditEntry>, query: AuditQuery, view: View): Html {
  const next = nextPage(query, found.nextCursor);
  const actions = auditActions.map((action) => [action, action] as const);
  return page(view, {
    title: 'Audit',
    section: 'audit',
    body: html`<header class="lead"><h1>Audit</h1><p class="muted">Who did what, to what, when and why. Append-only.</p></header>
<form class="filters" method="get" action="/audit" role="search">
<div><label for="actor">Actor</label><input id="actor" name="actor" value="${query.actor ?? ''}" placeholder="person:ada"></div>
<div><label for="action">Action</label><select id="action" name="action">${options(query.action, [['', 'all'], ...actions])}</select></div>
<div><label for="subject">Subject</label><input id="subject" name="subject" value="${query.subject ?? ''}"></div>
<button>Show</button></form>
${found.items.length === 0 ? html`<p class="empty">No entries match.</p>` : html`<div class="scroll"><table class="stack"><thead><tr><th scope="col">Time</th><th scope="col">Actor</th><th scope="col">Action</th><th scope="col">Subject</th><th scope="col">Reason</th></tr></thead><tbody>${found.items.map((entry) => row(entry, view))}</tbody></table></div>`}
${found.nextCursor === null ? '' : html`<p class="more"><a href="/audit?${next}" rel="next">More</a></p>`}`,
  });
}

function row({ atMs, actor, action, subject, reason, planHash }: AuditEntry, view: View): Html {
  const ref = subject.startsWith('incident/') ? toUrlId(subject) : null;
  return html`<tr><td class="nowrap">${clockTime(atMs, view.nowMs)}</td><td>${actor}</td><td class="nowrap">${action}</td><td class="wide">${ref === null || ref === subject ? html`<span class="id">${subject}</span>` : html`<a class="id" href="/incidents/${ref}">${ref}</a>`}</td><td class="wide">${reason}${planHash === null ? '' : html` <span class="id muted">plan ${planHash.slice(0, 12)}</span>`}</td></tr>`;
}
