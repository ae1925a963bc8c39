// The services around an incident as a picture and as a list: who calls whom, where the symptom is, what is suspected, what
// is acted on, and what the plan may reach at all. Every mark is a word, too.

import { html } from 'hono/html';
import type { Briefing } from '../../../domain/incident/briefing.ts';
import type { ServiceMap } from '../../ports/services.ts';
import type { Html } from '../view.ts';
import { box, layoutOf } from './graph-layout.ts';

type Role = { readonly id: 'target' | 'cause' | 'symptom' | 'reach' | 'outside'; readonly word: string };

export function serviceGraph(map: ServiceMap, about: Briefing): Html {
  const roles = rolesIn(map, about);
  const layout = layoutOf(
    map,
    new Set([...roles.keys()].filter((service) => roles.get(service)?.[0]?.id !== 'outside')),
  );
  const classes = (service: string) => (roles.get(service) ?? []).map(({ id }) => id).join(' ');
  const words = (service: string) => (roles.get(service) ?? []).map(({ word }) => word).join(', ');
  return html`<div class="scroll graph"><svg viewBox="0 0 ${layout.width} ${layout.height}" width="${layout.width}" height="${layout.height}" role="img" aria-label="Service graph; the list below says the same">
  <defs><marker id="arrow" viewBox="0 0 8 8" refX="2" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
  ${layout.lines.map(({ path }) => html`<path class="line" d="${path}" marker-end="url(#arrow)"/>`)}
  ${layout.places.map(
    ({
      service,
      x,
      y,
    }) => html`<g class="service ${classes(service)}" transform="translate(${x} ${y})"><title>${service}${words(service) === '' ? '' : `: ${words(service)}`}</title>
    <rect width="${box.width}" height="${box.height}" rx="8"/><text x="12" y="21" class="name">${shortened(service, 20)}</text><text x="12" y="38" class="words">${shortened(words(service), 25)}</text></g>`,
  )}
</svg></div>
<details id="graph-list"><summary>Show as a list</summary><ul>${map.services.map((service) => {
    const callees = map.edges.filter(({ caller }) => caller === service).map(({ callee }) => callee);
    const role = words(service);
    return html`<li><b>${service}</b>${role === '' ? '' : html` (${role})`}${callees.length === 0 ? '' : html` calls ${callees.join(', ')}`}</li>`;
  })}</ul></details>
${layout.left > 0 ? html`<p class="muted">${layout.left} more services are only in the list.</p>` : ''}`;
}

/** The graver first. */
function rolesIn(map: ServiceMap, about: Briefing): ReadonlyMap<string, readonly Role[]> {
  const targets = new Set(
    (about.plan?.steps ?? []).map(({ target }) => target.slice(target.indexOf('/') + 1)),
  );
  const suspect = about.diagnosis?.hypotheses[0]?.service;
  const shown = new Set(about.symptoms.map(({ service }) => service));
  const reach = new Set(map.blastSet);
  const outside = new Set(map.outside);
  const roles = new Map<string, Role[]>();
  for (const service of map.services) {
    const mine: Role[] = [];
    if (targets.has(service)) mine.push({ id: 'target', word: 'acted on' });
    if (service === suspect) mine.push({ id: 'cause', word: 'suspected' });
    // Who is suspected has a symptom, and who is acted on is in reach: it need not be said.
    if (shown.has(service) && mine.length === 0) mine.push({ id: 'symptom', word: 'symptom' });
    if (reach.has(service) && !targets.has(service)) mine.push({ id: 'reach', word: 'in reach' });
    if (outside.has(service)) mine.push({ id: 'outside', word: 'outside' });
    if (mine.length > 0) roles.set(service, mine);
  }
  return roles;
}

function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}
