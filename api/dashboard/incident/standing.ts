// What Sentinel did in an incident and still stands: with a way to take it back for whoever may, or the reason why there is none.

import { html } from 'hono/html';
import { targetText } from '../../../domain/inventory/target.ts';
import type { StandingEffect } from '../../ports/rollbacks.ts';
import { clockTime, relativeTime } from '../format.ts';
import { csrfField } from '../layout.ts';
import { type Html, may, type View } from '../view.ts';

export function standingList(standing: readonly StandingEffect[], ref: string, view: View): Html | '' {
  if (standing.length === 0) return '';
  return html`<h3>Still stands</h3><ul class="effects">${standing.map((one) => standingItem(one, ref, view))}</ul>`;
}

function standingItem(effect: StandingEffect, ref: string, view: View): Html {
  const { effectId, action, target, sinceMs, objection } = effect;
  return html`<li id="standing-${effectId}"><span class="muted">since ${clockTime(sinceMs, view.nowMs)}</span><div><b>${action}</b> <span class="id">${targetText(target)}</span><br>
${objection === null ? rollBack(effect, ref, view) : html`<span class="muted">Cannot be rolled back: ${objection}.</span>`}</div></li>`;
}

function rollBack({ effectId, undo, quorum, request }: StandingEffect, ref: string, view: View): Html {
  const asked =
    request === null
      ? ''
      : html`<p class="doubt">Rollback asked for by ${request.by.join(', ')} (${request.by.length} of ${request.quorum}), holds ${relativeTime(request.expiresAtMs, view.nowMs)}.</p>`;
  if (!may(view, 'admin'))
    return html`Rollback: ${undo ?? ''}.${asked} <span class="muted">Only an admin can ask for it.</span>`;
  if (request !== null && request.by.length >= request.quorum) return html`Rollback: ${undo ?? ''}.${asked}`;
  const people = quorum === 1 ? '' : ` ${quorum} admins have to ask for it.`;
  return html`${asked}<details id="roll-back-${effectId}"><summary>Roll back</summary><form method="post" action="/incidents/${ref}/roll-back">${csrfField(view)}<input type="hidden" name="effect" value="${effectId}"><p>Afterwards: ${undo ?? ''}.${people} It goes through the gate like every effect, and not when the target has changed since. Where Sentinel is still at work on the incident, you take it over.</p><label for="roll-back-reason-${effectId}">Reason</label><input id="roll-back-reason-${effectId}" name="reason" maxlength="2000" required autocomplete="off"><button class="danger">Roll back</button></form></details>`;
}
