// The page of one incident, in the order in which somebody who was just woken needs it: what and where it is, what is asked
// of me, what it looks like, why, what was done, and everything that happened.

import { html } from 'hono/html';
import type { Briefing } from '../../../domain/incident/briefing.ts';
import { times } from '../../../domain/incident/words.ts';
import { nameOf } from '../../../domain/policy/identity.ts';
import { toUrlId } from '../../incident-id.ts';
import { chartFigure } from '../charts/chart.ts';
import { clockTime, durationText, relativeTime } from '../format.ts';
import { csrfField, page } from '../layout.ts';
import { silencedNotice, silenceHref } from '../silenced.ts';
import { type Html, may, type View } from '../view.ts';
import { severityMark, statusChip } from '../words.ts';
import { decisionPanel, planSteps, riskText } from './decision.ts';
import { effectList, lifeLine, settlements, verificationTable } from './effects.ts';
import { serviceGraph } from './graph.ts';
import { hypothesisList } from './hypotheses.ts';
import type { IncidentData } from './load.ts';
import { membersTable } from './members.ts';
import { modelCost } from './model-cost.ts';
import { outsideList } from './outside.ts';
import { similarIncidents } from './similar.ts';
import { standingList } from './standing.ts';
import { mainSeries } from './symptom-chart.ts';
import { timelineList } from './timeline.ts';

export function incidentPage(data: IncidentData, view: View): Html {
  const { state, briefing: about, timeline, evidence, map } = data;
  const ref = toUrlId(state.incidentId);
  const decision = decisionPanel(about, ref, view);
  return page(view, {
    title: about.title,
    section: 'incidents',
    body: html`<article class="incident" data-stream="/api/v1/incidents/${ref}/timeline/stream?after=${state.lastSeq}" data-open="${String(state.closedAtMs === null)}">
<header class="lead" id="lead" data-live>${leadOf(data, ref, view)}</header>
<div class="columns"><div class="main-column">
<div id="decision" data-live>${decision ?? heldNotice(about, view.nowMs)}</div>
<section id="symptom" data-live aria-labelledby="symptom-title"><h2 id="symptom-title">Symptom</h2>${symptomOf(data, view)}${membersTable(data.membersByReason, ref)}</section>
<section id="why" data-live aria-labelledby="why-title"><h2 id="why-title">Why</h2>${about.diagnosis === null ? html`<p class="empty">The first analysis is not ready yet.</p>` : hypothesisList(about.diagnosis, evidence)}${outsideList(data.outside, view.nowMs)}${similarIncidents(evidence)}${modelCost(data.modelTurns)}</section>
<section id="plan" data-live aria-labelledby="plan-title" ${about.plan === null || decision !== null ? 'hidden' : ''}><h2 id="plan-title">Plan</h2>${about.plan === null || decision !== null ? '' : planOf(data)}</section>
<section id="done" data-live aria-labelledby="done-title" ${about.effects.length === 0 && state.verification === null ? 'hidden' : ''}><h2 id="done-title">What was done</h2>${about.effects.length === 0 ? '' : effectList(about)}${settlements(data.effects, ref, view)}${standingList(data.standing, ref, view)}${state.verification === null ? '' : html`<h3>Did it help?</h3>${verificationTable(state.verification)}`}</section>
<section id="graph" data-live aria-labelledby="graph-title" ${map === null ? 'hidden' : ''}><h2 id="graph-title">Services</h2>${map === null ? '' : serviceGraph(map, about)}</section>
<section id="postmortem" data-live aria-labelledby="postmortem-title" ${data.postmortem === null ? 'hidden' : ''}><h2 id="postmortem-title">Postmortem draft</h2>${data.postmortem === null ? '' : html`<details id="postmortem-text"><summary>Read the draft</summary><pre>${data.postmortem}</pre></details>`}</section>
</div>
<aside class="side-column">
<section aria-labelledby="timeline-title"><h2 id="timeline-title">Timeline</h2><div id="timeline" data-live tabindex="0" role="region" aria-labelledby="timeline-title">${timelineList(timeline, view.nowMs)}</div></section>
<section id="people" data-live aria-labelledby="people-title"><h2 id="people-title">For people</h2>${peopleOf(data, ref, view)}</section>
</aside></div></article>`,
  });
}

/** What is asked of a person while nobody can tell whether the change helped. */
function heldNotice({ held }: Briefing, nowMs: number): Html | '' {
  if (held === null) return '';
  return html`<section class="panel" id="held" aria-labelledby="held-title"><h2 id="held-title">Nobody can tell whether it helped</h2><p>${held.reason}. The change stays. Take over to keep it, abort to undo it; Sentinel keeps looking until ${clockTime(held.untilMs, nowMs)}, then a person takes over.</p></section>`;
}

function leadOf({ state, briefing: about, timeline, silenced }: IncidentData, ref: string, view: View): Html {
  const { nowMs } = view;
  const end = state.closedAtMs;
  const waited = state.approval !== null || timeline.some(({ type }) => type === 'approval-requested');
  const workflow = view.workflowUrl(state.incidentId);
  return html`<p class="crumbs"><a href="/incidents">Incidents</a> / <span class="id">${ref}</span></p>
<h1>${about.title}</h1>
<p class="state">${severityMark(about.severity)} ${statusChip(about)} <span class="where"><span class="id">${about.environment}/${about.service}</span></span>
<span>onset ${clockTime(about.onsetMs, nowMs)} (${end === null ? relativeTime(about.onsetMs, nowMs) : `lasted ${durationText(end - about.onsetMs)}`})</span>
${about.attempt > 1 ? html`<span>analysis ${about.attempt}</span>` : ''}
${workflow === null ? '' : html`<a href="${workflow}" rel="noreferrer">Workflow in Temporal</a>`}</p>
${lifeLine(state, { waited, acted: about.effects.length > 0 })}
${end === null ? silencedNotice(silenced, nowMs) : ''}
${about.ending === null ? '' : html`<p class="ending"><b>${about.ending.actor}</b>: ${about.ending.reason === '' ? 'no reason given' : about.ending.reason}</p>`}
${about.leftPaused.map((sentence) => html`<p class="ending"><b>Left paused</b>: ${sentence}</p>`)}
${about.continuedIn.length === 0 ? '' : html`<p class="ending">Continued in ${about.continuedIn.map((id, index) => html`${index === 0 ? '' : ', '}<a class="id" href="/incidents/${toUrlId(id)}">${toUrlId(id)}</a>`)}.</p>`}`;
}

function symptomOf({ state, briefing: about, chart }: IncidentData, view: View): Html {
  const { key } = mainSeries(state);
  return html`<ul class="symptoms">${about.symptoms.map(
    ({ service, text, clearedMs }) =>
      html`<li>${clearedMs === null ? (state.closedAtMs === null ? html`<span class="chip bad"><span class="dot" aria-hidden="true"></span>firing</span>` : html`<span class="chip">seen</span>`) : html`<span class="chip good">✓ cleared ${clockTime(clearedMs, view.nowMs)}</span>`} <span><span class="id">${service}</span> ${text}</span></li>`,
  )}</ul>
${about.follows === null ? '' : html`<p class="doubt">The same symptom as in <a href="/incidents/${toUrlId(about.follows.incidentId)}">${toUrlId(about.follows.incidentId)}</a>, which had ended.</p>`}
${about.returns > 0 ? html`<p class="doubt">It comes and goes: it has come back ${times(about.returns)}.</p>` : ''}
${about.moreAnomalies > 0 ? html`<p class="muted">and ${about.moreAnomalies} more, in the timeline</p>` : ''}
${chart === null ? html`<p class="empty">No chart: telemetry history cannot be read now.</p>` : html`<h3 class="chart-title">${chart.name}</h3>${chartFigure(chart, 'symptom-chart')}`}
${key === '' ? '' : html`<p class="more"><a href="/series?${new URLSearchParams({ key })}">Open this series in the explorer</a></p>`}`;
}

function planOf({ briefing: about }: IncidentData): Html {
  const { plan, policy, approval } = about;
  if (plan === null) return html``;
  const verdict = { auto: 'done without asking', approval: 'asked a person', deny: 'denied' };
  return html`<p>${plan.reason} Risk ${riskText(plan.risk)}. <span class="id" title="${plan.planHash}">${plan.planHash.slice(0, 12)}</span></p>
${planSteps(plan)}
${policy === null ? '' : html`<p><b>Policy: ${verdict[policy.verdict]}</b> by rule <span class="id">${policy.rule}</span>: ${policy.reason}</p>`}
${approval === null ? '' : html`<p><b>Approval ${approval.outcome}</b>${approval.given.length === 0 ? '' : html`, given by ${approval.given.join(', ')}`}${approval.rejectedBy === null ? '' : html`, rejected by ${approval.rejectedBy}: ${approval.reason}`}</p>`}`;
}

function peopleOf({ state }: IncidentData, ref: string, view: View): Html {
  if (state.closedAtMs !== null) return html`<p class="muted">The incident is closed; its record stays.</p>`;
  if (!may(view, 'operator'))
    return html`<p class="muted">Your key may look; notes and taking over need the role operator.</p>`;
  const stopped = state.outcome === null ? state.stop : undefined;
  const taken = state.outcome === 'taken-over' || stopped?.kind === 'take-over';
  const word = stopped?.kind === 'abort' ? 'aborted the work' : 'took over';
  return html`<form method="post" action="/incidents/${ref}/note">${csrfField(view)}<label for="note">Note for the timeline</label><textarea id="note" name="text" rows="2" maxlength="4000" required></textarea><button>Add note</button></form>
<p><a class="button" href="${silenceHref(state.scope.environment, state.scope.service)}">Silence…</a></p>
${stopped === undefined ? '' : html`<p class="muted">${nameOf(stopped.actor)} ${word}; the outcome of the call in flight is awaited.</p>`}
${taken ? '' : takeOverForm(view, ref)}
${state.status === 'handed-over' ? closeForm(view, ref) : stopped === undefined ? abortForm(view, ref) : ''}`;
}

function takeOverForm(view: View, ref: string): Html {
  return html`<details id="take-over-form"><summary>Take over</summary><form method="post" action="/incidents/${ref}/take-over">${csrfField(view)}<p>You take it from here. Sentinel does nothing more in this incident; what it did stays.</p><label for="take-over-reason">Reason</label><input id="take-over-reason" name="reason" maxlength="2000" required autocomplete="off"><button class="danger">Take over</button></form></details>`;
}

function closeForm(view: View, ref: string): Html {
  return html`<details id="close-form"><summary>Close</summary><form method="post" action="/incidents/${ref}/close">${csrfField(view)}<p>Closes the incident. An alert that keeps firing opens a new one when it is reported again.</p><label for="close-reason">Reason</label><input id="close-reason" name="reason" maxlength="2000" required autocomplete="off"><button class="danger">Close</button></form></details>`;
}

function abortForm(view: View, ref: string): Html {
  return html`<details id="abort-form"><summary>Abort</summary><form method="post" action="/incidents/${ref}/abort">${csrfField(view)}<p>Ends the work on this incident. What was done and did not help is undone first.</p><label for="abort-reason">Reason</label><input id="abort-reason" name="reason" maxlength="2000" required autocomplete="off"><button class="danger">Abort</button></form></details>`;
}
