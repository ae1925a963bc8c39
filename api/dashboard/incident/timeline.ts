// What happened, newest first: one sentence for every event, and long runs of findings folded into one line.

import { html } from 'hono/html';
import type { IncidentEvent, IncidentEventType } from '../../../domain/incident/events.ts';
import { narrate } from '../../../domain/incident/narrate.ts';
import { symptomText } from '../../../domain/incident/title.ts';
import { whyAsked } from '../../../domain/incident/words.ts';
import { plainLine } from '../../../domain/text.ts';
import { clockText, clockTime } from '../format.ts';
import type { Html } from '../view.ts';
import { plural } from '../words.ts';

type Tone = 'fact' | 'thought' | 'ask' | 'act' | 'undo' | 'good' | 'bad' | 'note';

const longestSentence = 400;
/** Findings in a row that are shown one by one. */
const foldFrom = 4;

export function timelineList(events: readonly IncidentEvent[], nowMs: number): Html {
  const said = sentences(events, nowMs);
  const groups = folded(events).toReversed();
  return html`<ol class="timeline">${groups.map((group) => (group.length < foldFrom ? group.toReversed().map((event) => eventItem(event, said, nowMs)) : foldedItem(group, said, nowMs)))}</ol>`;
}

function eventItem(event: IncidentEvent, said: Sentences, nowMs: number): Html {
  return html`<li id="event-${event.seq}" class="${toneOf(event)}">${clockTime(event.atMs, nowMs)} <span>${said(event)}</span></li>`;
}

function foldedItem(group: readonly IncidentEvent[], said: Sentences, nowMs: number): Html {
  const [first] = group;
  if (first === undefined) return html``;
  return html`<li id="event-${first.seq}" class="fact">${clockTime(first.atMs, nowMs)} <details id="events-${first.seq}"><summary>${foldedWords(group)}</summary><ol class="timeline">${group.toReversed().map((event) => html`<li class="fact">${clockTime(event.atMs, nowMs)} <span>${said(event)}</span></li>`)}</ol></details></li>`;
}

function foldedWords(group: readonly IncidentEvent[]): string {
  const came = group.filter(({ type }) => type === 'anomaly-observed').length;
  const words = [
    ...(came > 0 ? [plural(came, 'more anomaly', 'more anomalies')] : []),
    ...(group.length > came ? [`${group.length - came} cleared`] : []),
  ];
  return words.join(', ');
}

type Sentences = (event: IncidentEvent) => string;

/** What an event says; where it names another event by an id, that one's words instead, and times as everywhere on the page. */
function sentences(events: readonly IncidentEvent[], nowMs: number): Sentences {
  const summaries = new Map(
    events.flatMap((event) =>
      event.type === 'anomaly-observed' ? [[event.anomaly.id, event.anomaly] as const] : [],
    ),
  );
  return (event) => {
    const text = () => {
      switch (event.type) {
        case 'anomaly-cleared': {
          const anomaly = summaries.get(event.anomalyId);
          return anomaly === undefined
            ? 'An anomaly cleared'
            : `Cleared in ${anomaly.scope.service}: ${symptomText(anomaly)}`;
        }
        case 'intent-written':
          return `${event.direction === 'forward' ? 'Step' : 'Undo of step'} ${event.step + 1} recorded, about to run`;
        case 'approval-requested': {
          const because = whyAsked(event);
          return `Approval requested from ${event.quorum} × ${event.role}, by ${clockText(event.deadlineMs, nowMs)}${because === '' ? '' : `; ${because}`}`;
        }
        case 'verification-started':
          return `Verifying until ${clockText(event.deadlineMs, nowMs)}`;
        default:
          return narrate(event);
      }
    };
    return plainLine(text(), longestSentence);
  };
}

/** Anomalies that come and go in a row together; everything else alone. */
function folded(events: readonly IncidentEvent[]): IncidentEvent[][] {
  const noisy: readonly IncidentEventType[] = ['anomaly-observed', 'anomaly-cleared'];
  const groups: IncidentEvent[][] = [];
  for (const event of events) {
    const last = groups.at(-1);
    if (last?.[0] !== undefined && noisy.includes(last[0].type) && noisy.includes(event.type))
      last.push(event);
    else groups.push([event]);
  }
  return groups;
}

function toneOf(event: IncidentEvent): Tone {
  if (event.type === 'effect-failed' && event.uncertain === true) return 'ask';
  if (event.type === 'effect-dry-run') return event.ok ? 'thought' : 'bad';
  if (event.type === 'gate-refused' && event.reason === 'not-needed') return 'undo';
  switch (event.type) {
    case 'incident-opened':
    case 'anomaly-observed':
    case 'anomaly-cleared':
    case 'postmortem-drafted':
      return 'fact';
    case 'enrichment-started':
    case 'enriched':
    case 'diagnosed':
    case 'model-consulted':
    case 'planned':
    case 'decided':
    case 'nothing-to-try':
    case 'verification-started':
      return 'thought';
    case 'approval-requested':
    case 'approval-recorded':
    case 'effect-settled':
    case 'rollback-requested':
    case 'verification-held':
    case 'stop-requested':
    case 'silenced':
    case 'silence-ended':
      return 'ask';
    case 'approval-granted':
      return 'good';
    case 'approval-rejected':
    case 'approval-expired':
    case 'gate-refused':
    case 'effect-failed':
    case 'workflow-restarted':
    case 'record-gap':
      return 'bad';
    case 'intent-written':
    case 'effect-progress':
    case 'effect-applied':
      return event.direction === 'forward' ? 'act' : 'undo';
    case 'compensation-started':
    case 'compensation-finished':
      return 'undo';
    case 'rollback-ended':
      return event.outcome === 'undone' || event.outcome === 'not-needed' ? 'undo' : 'bad';
    case 'verified':
    case 'rollback-verified':
      return event.result.outcome === 'recovered' ? 'good' : 'bad';
    case 'note-added':
      return 'note';
    case 'handed-over':
      return 'ask';
    case 'incident-closed':
      if (event.end !== undefined) return 'good';
      return event.outcome === 'resolved' || event.outcome === 'self-recovered' ? 'good' : 'bad';
  }
}
