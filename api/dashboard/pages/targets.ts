// What Sentinel could act on: every target with what is known of it, and the services that have none, with the reason.

import { html } from 'hono/html';
import type { InventoryRow, InventoryView } from '../../inventory.ts';
import { page } from '../layout.ts';
import type { Html, View } from '../view.ts';

const tones = { ok: 'good', degraded: 'wait', down: 'bad', stopped: 'muted' } as const;

export function targetsPage({ targets, without, missing }: InventoryView, view: View): Html {
  return page(view, {
    title: 'Targets',
    section: 'targets',
    body: html`<header class="lead"><h1>Targets</h1><p class="muted">What Sentinel can act on, and for which service.</p></header>
${missing.map(({ environment, executor, reason }) => html`<p class="doubt"><b>${executor}</b> in ${environment}: ${reason}</p>`)}
${targets.length === 0 ? html`<p class="empty">No executor reports a target.</p>` : html`<div class="scroll"><table class="stack"><thead><tr><th scope="col">Service</th><th scope="col">Target</th><th scope="col">Executor</th><th scope="col">State</th><th scope="col">Team</th><th scope="col">Tier</th><th scope="col">Notes</th></tr></thead><tbody>${targets.map(targetRow)}</tbody></table></div>`}
${without.length === 0 ? '' : html`<section id="without" aria-labelledby="without-title"><h2 id="without-title">Services without a target</h2><ul class="rows">${without.map(({ environment, service, reason }) => html`<li class="row"><div class="what"><b>${service}</b> <span class="muted">${environment}</span><p>${reason}</p></div></li>`)}</ul></section>`}`,
  });
}

function targetRow(row: InventoryRow): Html {
  const { environment, service, words, key, executor, availability, team, tier } = row;
  const notes = [
    row.protected === null ? null : `Protected: ${row.protected}`,
    row.unresolved,
    row.rollout === null ? null : `Rollout in progress: ${row.rollout}`,
    row.owner === null ? null : `Owned by ${row.owner.name}: ${row.owner.detail}`,
  ].filter((note) => note !== null);
  return html`<tr><th scope="row">${service} <span class="muted">${environment}</span></th><td data-label="Target"><span title="${key}">${words}</span></td><td data-label="Executor">${executor}</td><td data-label="State"><span class="${tones[availability]}">${availability}</span> <span class="muted">${row.servingReplicas} of ${row.desiredReplicas}</span></td><td data-label="Team">${team ?? '–'}</td><td data-label="Tier">${tier ?? '–'}</td><td data-label="Notes">${notes.map((note) => html`<p>${note}</p>`)}</td></tr>`;
}
