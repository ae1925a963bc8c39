// What was folded into the incident from other services, by reason.

import { html } from 'hono/html';
import type { JoinReason } from '../../../domain/correlation/join-reasons.ts';
import type { MembersByReason } from '../../ports/members.ts';
import type { Html } from '../view.ts';

const words: Readonly<Record<JoinReason, string>> = {
  opened: 'the first',
  again: 'the same again',
  service: 'same service',
  graph: 'near in the service graph',
  node: 'same node',
  release: 'same release',
  zone: 'same zone',
  text: 'same alert',
  crowd: 'a service that fires with others',
  alike: 'described alike',
};

/** Nothing for an incident of one service. */
export function membersTable(byReason: readonly MembersByReason[], ref: string): Html | '' {
  const isForeign = ({ reason }: MembersByReason) =>
    reason !== null && reason !== 'opened' && reason !== 'again' && reason !== 'service';
  if (!byReason.some(isForeign)) return '';
  return html`<h3>Folded in</h3><table class="members"><thead><tr><th scope="col">because</th><th scope="col" class="figure">findings</th><th scope="col" class="figure">services</th></tr></thead>
<tbody>${byReason.map(
    ({ reason, members, services }) =>
      html`<tr><th scope="row">${reason === null ? 'not kept' : words[reason]}</th><td class="figure">${members}</td><td class="figure">${services}</td></tr>`,
  )}</tbody></table>
<p class="more"><a href="/api/v1/incidents/${ref}/members">All of them, with the reason of each</a></p>`;
}
