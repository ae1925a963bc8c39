// Earlier incidents like this one, as its latest analysis recalled them: what they came to, for people. Sentinel does nothing because of
// them.

import { html } from 'hono/html';
import type { Evidence } from '../../../domain/diagnosis/diagnosis.ts';
import { latestSimilar } from '../../../domain/memory/similar.ts';
import { toUrlId } from '../../incident-id.ts';
import type { Html } from '../view.ts';

/** Nothing when none is remembered. */
export function similarIncidents(evidence: readonly Evidence[]): Html | '' {
  const similar = latestSimilar(evidence);
  if (similar.length === 0) return '';
  return html`<h3>Similar incidents</h3><ul class="similar">${similar.map(
    ({ incidentId, finding }) =>
      html`<li><a class="id" href="/incidents/${toUrlId(incidentId)}">${toUrlId(incidentId)}</a> ${finding}</li>`,
  )}</ul>`;
}
