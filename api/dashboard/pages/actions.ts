// What Sentinel's actions have come to: how often each helped, by service, and the breakers that only a person resets.

import { html } from 'hono/html';
import type { ActionRecord, Breaker, TrackRecord } from '../../ports/track-record.ts';
import { clockTime, relativeTime } from '../format.ts';
import { csrfField, page } from '../layout.ts';
import { type Html, may, type View } from '../view.ts';

const days = 30;
const mostRows = 500;

export function loadActions(trackRecord: TrackRecord, nowMs: number): Promise<readonly ActionRecord[]> {
  return trackRecord.since(nowMs - days * 86_400_000, mostRows);
}

export function actionsPage(records: readonly ActionRecord[], view: View): Html {
  return page(view, {
    title: 'Actions',
    section: 'actions',
    body: html`<header class="lead"><h1>Actions</h1><p class="muted">What came of them in the last ${days} days.</p></header>
${view.breakers.length === 0 ? '' : html`<section id="breakers" aria-labelledby="breakers-title"><h2 id="breakers-title">Open breakers</h2><ul class="rows">${view.breakers.map((one) => breakerRow(one, view))}</ul></section>`}
${records.length === 0 ? html`<p class="empty">No action has an outcome yet.</p>` : html`<div class="scroll"><table class="stack"><thead><tr><th scope="col">Service</th><th scope="col">Action</th><th scope="col" class="figure">Effects</th><th scope="col" class="figure">Helped</th><th scope="col" class="figure">Did not help</th><th scope="col" class="figure">Failed</th><th scope="col" class="figure">Rolled back</th><th scope="col">Last</th></tr></thead><tbody>${records.map((one) => recordRow(one, view))}</tbody></table></div>`}`,
  });
}

function breakerRow({ environment, action, openedAtMs, reason }: Breaker, view: View): Html {
  const what = action === '*' ? 'All actions' : action;
  return html`<li class="row ask"><div class="what"><b>${what} in <span class="id">${environment}</span></b><p>${reason}, ${relativeTime(openedAtMs, view.nowMs)}. No such action runs until somebody resets it.</p></div>
${may(view, 'operator') ? html`<form method="post" action="/breakers/reset">${csrfField(view)}<input type="hidden" name="environment" value="${environment}"><input type="hidden" name="action" value="${action}"><label for="why-${environment}-${action}">Why they will help now</label><input id="why-${environment}-${action}" name="reason" maxlength="2000" required autocomplete="off"><button>Reset</button></form>` : ''}</li>`;
}

function recordRow(one: ActionRecord, view: View): Html {
  const { environment, service, action, effects, helped, didNotHelp, failed, undone, notUndone } = one;
  const share =
    effects === 0 ? '' : html` <span class="muted">${Math.round((helped / effects) * 100)} %</span>`;
  const rollbacks =
    notUndone === 0 ? html`${undone}` : html`${undone} <b class="bad">(${notUndone} failed)</b>`;
  return html`<tr><th scope="row">${service} <span class="muted">${environment}</span></th><td data-label="Action">${action}</td><td class="figure" data-label="Effects">${effects}</td><td class="figure" data-label="Helped">${helped}${share}</td><td class="figure" data-label="Did not help">${didNotHelp}</td><td class="figure" data-label="Failed">${failed}</td><td class="figure" data-label="Rolled back">${rollbacks}</td><td class="nowrap" data-label="Last">${clockTime(one.lastAtMs, view.nowMs)}</td></tr>`;
}
