// Incidents as lines for a terminal.

import type { IncidentSummary } from '../../api/ports/incidents.ts';
import type { Page } from '../../api/ports/page.ts';
import type { StandingEffect } from '../../api/ports/rollbacks.ts';
import type { Evidence } from '../../domain/diagnosis/diagnosis.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import { shortIncidentId } from '../../domain/incident/incident-id.ts';
import { leftPaused } from '../../domain/incident/paused-owners.ts';
import type { IncidentState } from '../../domain/incident/state.ts';
import { targetText } from '../../domain/inventory/target.ts';
import { narrate } from '../narrate.ts';
import { clean, formatDuration, formatTime, type Paint, table } from '../terminal/text.ts';

export type ListedIncident = IncidentSummary & { readonly ref: string };

export function listLines({ items, nextCursor }: Page<ListedIncident>, paint: Paint): string[] {
  if (items.length === 0) return ['No incidents.'];
  const rows = items.map((item) => [
    item.ref,
    new Date(item.openedAtMs).toISOString().slice(0, 19).replace('T', ' '),
    item.severity,
    item.outcome ?? item.status,
    `${item.environment}/${item.service}`,
    item.title,
  ]);
  const more = nextCursor === null ? [] : [`More: --cursor ${nextCursor}`];
  return [
    ...table(['INCIDENT', 'OPENED (UTC)', 'SEVERITY', 'STATE', 'SCOPE', 'TITLE'], rows, paint),
    ...more,
  ];
}

/** A server of before says nothing of what came after. */
type ShownIncident = ListedIncident & {
  readonly state: IncidentState;
  readonly continuedIn?: readonly string[];
};

export function headLines(
  { ref, title, severity, status, outcome, state, continuedIn = [] }: ShownIncident,
  paint: Paint,
): string[] {
  const now = outcome === null ? status : `${status}, ${outcome}`;
  const took =
    state.closedAtMs === null ? '' : ` after ${formatDuration(state.closedAtMs - state.openedAtMs)}`;
  return [
    paint('bold', clean(title)),
    `${ref}  ${clean(`${state.scope.environment}/${state.scope.service}`)}  ${severity}  ${now}${took}  attempt ${state.attempt}`,
    ...(state.follows === undefined
      ? []
      : [`Follows ${clean(shortIncidentId(state.follows.incidentId))}, which had the same symptom.`]),
    ...continuedIn.map((id) => `Continued in ${clean(shortIncidentId(id))}.`),
    ...leftPaused(state).map((sentence) => paint('yellow', clean(sentence))),
    ...(status === 'awaiting-approval'
      ? [paint('cyan', `Decide: sentinel approve ${ref}, or sentinel reject ${ref} --reason …`)]
      : []),
  ];
}

/** What Sentinel did and still stands, with the command that takes it back, or why it cannot be. */
export function standingLines(standing: readonly StandingEffect[], paint: Paint): string[] {
  return standing.flatMap(({ effectId, action, target, undo, quorum, objection, request }) => {
    const asked =
      request === null
        ? ''
        : `; asked for by ${request.by.join(', ')} (${request.by.length} of ${request.quorum})`;
    const people = quorum === 1 ? '' : `, ${quorum} admins have to`;
    const how =
      objection === null
        ? `sentinel effect rollback ${effectId} --reason …  (${undo}${people}${asked})`
        : `cannot be rolled back: ${objection}`;
    return [
      paint('bold', clean(`Still stands: ${action} ${targetText(target)}`)),
      `          ${paint('dim', clean(how))}`,
    ];
  });
}

/** Earlier incidents like it, and what they came to. */
export function similarLines(similar: readonly Evidence[], paint: Paint): string[] {
  return similar.map(({ finding }) => `${paint('bold', 'Similar:')} ${clean(finding)}`);
}

export function eventLines(event: IncidentEvent, paint: Paint): string[] {
  const { style, text, below } = narrate(event);
  const painted = style === null ? text : paint(style, text);
  return [
    `${paint('dim', formatTime(event.atMs))}  ${painted}`,
    ...below.map((line) => `          ${paint('dim', line)}`),
  ];
}
