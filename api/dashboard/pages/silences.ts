// Silences and maintenance windows: those that hold and will, what one would be about before it is made, and how each is ended.

import { html } from 'hono/html';
import { z } from 'zod';
import { nameOf } from '../../../domain/policy/identity.ts';
import { matchersText, parseMatcher } from '../../../domain/silences/matchers.ts';
import { nextOccurrence, occurrenceAt, scheduleText, weekdays } from '../../../domain/silences/schedule.ts';
import { type Silence, silencedThings, stateOf } from '../../../domain/silences/silence.ts';
import { toUrlId } from '../../incident-id.ts';
import type { SilencePreview, Silences } from '../../ports/silences.ts';
import { clockTime, relativeTime } from '../format.ts';
import { csrfField, page } from '../layout.ts';
import { type Html, may, type View } from '../view.ts';
import { plural, severityMark } from '../words.ts';

export const silencesQuery = z.object({
  /** A matcher a line. */
  matchers: z.string().max(10_000).optional().catch(undefined),
});
export type SilencesQuery = z.output<typeof silencesQuery>;

/** What somebody thinks of silencing; `wrong`: the line that is no matcher. */
type Draft = {
  readonly text: string;
  readonly wrong: string | null;
  readonly preview: SilencePreview | null;
};
export type SilencesData = { readonly all: readonly Silence[]; readonly draft: Draft };

const shownEnded = 20;
const durations = [
  [15, '15 minutes'],
  [60, '1 hour'],
  [120, '2 hours'],
  [240, '4 hours'],
  [480, '8 hours'],
  [1_440, '1 day'],
  [4_320, '3 days'],
  [10_080, '7 days'],
] as const;
const words = {
  notifications: 'no notifications',
  incidents: 'no incidents',
  actions: 'no actions',
} as const;

export async function loadSilences(
  silences: Silences,
  { matchers: text = '' }: SilencesQuery,
): Promise<SilencesData> {
  const lines = linesOf(text);
  const parsed = lines.map(parseMatcher);
  const wrong = lines.find((_, index) => parsed[index] === null) ?? null;
  const matchers = parsed.filter((one) => one !== null);
  const isReady = wrong === null && matchers.length > 0;
  const [all, preview] = await Promise.all([
    silences.list(),
    isReady ? silences.preview(matchers) : Promise.resolve(null),
  ]);
  return { all, draft: { text: lines.join('\n'), wrong, preview } };
}

export function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

export function silencesPage({ all, draft }: SilencesData, view: View): Html {
  const { nowMs } = view;
  const state = (one: Silence) => stateOf(one, nowMs);
  const current = all.filter((one) => state(one) !== 'expired');
  const ended = all.filter((one) => state(one) === 'expired').slice(0, shownEnded);
  return page(view, {
    title: 'Silences',
    section: 'silences',
    body: html`<header class="lead"><h1>Silences</h1><p class="muted">No notifications, no new incidents and no actions for what they match, until they end. Whatever still fires then is judged again.</p></header>
<section aria-labelledby="current-title"><h2 id="current-title">Active and planned</h2>${current.length === 0 ? html`<p class="empty">None.</p>` : html`<ul class="rows">${current.map((one) => silenceRow(one, view))}</ul>`}</section>
${may(view, 'operator') ? draftSection(draft, view) : ''}
${ended.length === 0 ? '' : html`<section aria-labelledby="ended-title"><h2 id="ended-title">Ended</h2><ul class="rows">${ended.map((one) => silenceRow(one, view))}</ul></section>`}`,
  });
}

function silenceRow(silence: Silence, view: View): Html {
  const { nowMs } = view;
  const { id, kind, matchers, schedule, silences, reason, ticket, createdBy, ended, source } = silence;
  const now = ended === null ? occurrenceAt(schedule, nowMs) : null;
  const next = ended === null ? nextOccurrence(schedule, nowMs) : null;
  const when =
    now !== null
      ? html`<span class="chip"><span class="dot" aria-hidden="true"></span>until ${clockTime(now.endsAtMs, nowMs)}</span>`
      : next !== null
        ? html`<span class="chip">begins ${clockTime(next.startsAtMs, nowMs)}</span>`
        : html`<span class="chip">ended${ended === null ? '' : html` ${relativeTime(ended.atMs, nowMs)}`}</span>`;
  const by = source === null ? nameOf(createdBy) : `${source.by} in ${source.name}`;
  const isOver = now === null && next === null;
  return html`<li class="row" id="${id}"><div class="what">${when} <b class="id">${matchersText(matchers)}</b>
<p>${kind === 'maintenance' ? 'Maintenance' : 'Silence'} by ${by}: ${reason}${ticket === null ? '' : ` (${ticket})`}</p>
<p class="muted">${silences.map((thing) => words[thing]).join(', ')}${schedule.kind === 'weekly' ? html` · ${scheduleText(schedule)}` : ''}${ended === null ? '' : html` · ended by ${nameOf(ended.by)}: ${ended.reason}`} · <span class="id">${id}</span></p></div>
${isOver || source !== null || !may(view, 'operator') ? '' : endForm(id, view)}</li>`;
}

function endForm(id: string, view: View): Html {
  return html`<form method="post" action="/silences/end">${csrfField(view)}<input type="hidden" name="id" value="${id}"><label for="why-${id}">Why it ends</label><input id="why-${id}" name="reason" maxlength="2000" required autocomplete="off"><button>End</button></form>`;
}

function draftSection({ text, wrong, preview }: Draft, view: View): Html {
  return html`<section id="new" aria-labelledby="new-title"><h2 id="new-title">New silence</h2>
<form method="get" action="/silences"><label for="matchers">Matchers, one a line; all have to match <span class="muted">service="orders", environment=~"prod.*", severity!="critical"</span></label>
<textarea id="matchers" name="matchers" rows="3" maxlength="10000" required>${text}</textarea><button>Preview</button></form>
${wrong === null ? '' : html`<p class="doubt" role="alert">This is no matcher: <span class="id">${wrong}</span></p>`}
${preview === null ? '' : html`${previewOf(preview)}${addForm(text, view)}`}</section>`;
}

function previewOf({ incidents, of }: SilencePreview): Html {
  if (incidents.length === 0) return html`<p>It is about none of the ${plural(of, 'open incident')}.</p>`;
  return html`<p>It is about ${incidents.length} of the ${plural(of, 'open incident')}:</p><ul class="rows">${incidents.map(
    ({ incidentId, title, environment, service, severity, matched, findings }) =>
      html`<li class="row"><div class="what">${severityMark(severity)} <a class="title" href="/incidents/${toUrlId(incidentId)}">${title}</a><p><span class="id">${environment}/${service}</span> · ${matched} of ${plural(findings, 'finding')}</p></div></li>`,
  )}</ul>`;
}

function addForm(text: string, view: View): Html {
  return html`<form method="post" action="/silences">${csrfField(view)}<input type="hidden" name="matchers" value="${text.replaceAll('\n', '\r\n')}">
<label for="minutes">For</label><select id="minutes" name="minutes">${durations.map(([minutes, word]) => html`<option value="${minutes}" ${minutes === 120 ? 'selected' : ''}>${word}</option>`)}</select>
<fieldset><legend>Meanwhile</legend>${silencedThings.map((thing) => html`<label><input type="checkbox" name="${thing}" value="on" checked> ${words[thing]}</label> `)}</fieldset>
<label for="silence-reason">Reason</label><input id="silence-reason" name="reason" maxlength="2000" required autocomplete="off">
<label for="ticket">Ticket <span class="muted">optional</span></label><input id="ticket" name="ticket" maxlength="200" autocomplete="off">
<details id="weekly"><summary>Every week, as a maintenance window</summary>
<fieldset><legend>On</legend>${weekdays.map((day) => html`<label><input type="checkbox" name="${day}" value="on"> ${day}</label> `)}</fieldset>
<label for="at">At <span class="muted">local time</span></label><input id="at" name="at" placeholder="22:30" maxlength="5" autocomplete="off">
<label for="zone">Time zone</label><input id="zone" name="zone" placeholder="Europe/Berlin" maxlength="60" autocomplete="off"></details>
<button>Add</button></form>`;
}
