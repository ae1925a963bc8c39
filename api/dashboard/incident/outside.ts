// What systems outside held when the incident was diagnosed: the lines of its services, and what their rules showed.

import { html } from 'hono/html';
import type { OutsideView } from '../../../domain/diagnosis/outside.ts';
import { clockTime } from '../format.ts';
import type { Html } from '../view.ts';
import { plural } from '../words.ts';

export function outsideList(views: readonly OutsideView[], nowMs: number): Html | '' {
  if (views.length === 0) return '';
  return html`<section id="outside" aria-labelledby="outside-title"><h3 id="outside-title">Held elsewhere</h3>${views.map((view) => ofView(view, nowMs))}</section>`;
}

function ofView({ from, lines, series, problem }: OutsideView, nowMs: number): Html {
  return html`<details id="outside-${from}"><summary><b>${from}</b> <span class="muted">${plural(lines.length, 'line')}, ${series.length} series</span></summary>
${problem === null ? '' : html`<p class="doubt">${problem}</p>`}
${series.length === 0 ? '' : html`<ul>${series.map(({ service, name, points }) => html`<li>${name} of ${service}: ${points.at(-1)?.value.toPrecision(4) ?? 'nothing'} at last</li>`)}</ul>`}
${lines.length === 0 ? '' : html`<pre>${lines.map(({ atMs, service, text }) => html`${clockTime(atMs, nowMs)} ${service} ${text}\n`)}</pre>`}
</details>`;
}
