// How a service stands to its objectives: what of each error budget is left, and how fast it goes now.

import { html } from 'hono/html';
import { finePercent, percent, plainMs, plainNumber, plainSpan } from '../../../domain/detection/names.ts';
import type { Budget } from '../../../domain/detection/watch/budget-watch.ts';
import { dateText } from '../format.ts';
import type { Html } from '../view.ts';

export function budgetTable(budgets: readonly Budget[]): Html {
  if (budgets.length === 0) return html``;
  return html`<section class="card" aria-labelledby="budgets-title"><h2 id="budgets-title">Error budget</h2><div class="scroll"><table><thead><tr><th scope="col">Objective</th><th scope="col">Window</th><th scope="col" class="figure">Budget left</th><th scope="col" class="figure">Last hour</th><th scope="col" class="figure">Missed</th><th scope="col">Until</th></tr></thead><tbody>${budgets.map(
    (budget) =>
      html`<tr><td>${objectiveText(budget)}</td><td>${windowText(budget)}</td><td class="figure">${leftText(budget)}</td><td class="figure">${plainNumber(Math.round(budget.burnHour * 10) / 10)} × as fast as allowed</td><td class="figure">${plainNumber(budget.missed)} of ${plainNumber(budget.calls)}</td><td>${dateText(budget.atMs)}</td></tr>`,
  )}</tbody></table></div></section>`;
}

function objectiveText({ kind, objective, underMs }: Budget): string {
  const share = finePercent(objective);
  return kind === 'errors'
    ? `${share} of calls succeed`
    : `${share} of calls within ${plainMs(underMs ?? 0)}`;
}

/** A service that was just told of has no month yet. */
function windowText({ windowMs, counted }: Budget): string {
  const window = plainSpan(windowMs);
  return counted >= 0.995 ? window : `${window}, ${percent(counted)} of it counted`;
}

function leftText({ left }: Budget): Html {
  if (left > 0) return html`${percent(left)}`;
  return html`<span class="bad">spent, and ${percent(-left)} more</span>`;
}
