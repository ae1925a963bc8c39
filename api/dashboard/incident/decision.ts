// What will change and who may say yes: the plan step by step (before → after), the rule that decided, and the two buttons.
// The form carries the hash of exactly this plan; for another one the decision is refused.

import { html } from 'hono/html';
import {
  type Briefing,
  forGoodText,
  type PlanBriefing,
  paceText,
  preflightText,
  type StepBriefing,
} from '../../../domain/incident/briefing.ts';
import { type Role, roles } from '../../../domain/role.ts';
import { clockTime, relativeTime } from '../format.ts';
import { csrfField } from '../layout.ts';
import { type Html, may, type View } from '../view.ts';
import { inWords, plural } from '../words.ts';

export function planSteps(plan: PlanBriefing): Html {
  return html`<ol class="steps">${plan.steps.map(stepItem)}</ol>`;
}

function stepItem(step: StepBriefing): Html {
  const { action, target, executor, parameters, before, after, risk, downtimeSeconds, blastRadius, undo } =
    step;
  return html`<li>
<p class="what"><b>${inWords(action)}</b> <span class="id">${target}</span> ${parameters.map((one) => html`<span class="tag">${one}</span> `)}</p>
<div class="change"><div><span class="label">Now</span>${before}</div><span class="arrow" aria-hidden="true">→</span><div><span class="label">After</span>${after}</div></div>
<dl class="facts">
<div><dt>Risk</dt><dd>${riskText(risk)}</dd></div>
<div><dt>Disturbs</dt><dd>${blastRadius === 0 ? 'nothing' : `${Math.round(blastRadius * 100)} % of capacity`}${downtimeSeconds === 0 ? '' : ` for about ${downtimeSeconds} s`}</dd></div>
<div><dt>If it does not help</dt><dd>${undo.text}</dd></div>
<div><dt>Through</dt><dd>${executor}</dd></div>
</dl></li>`;
}

export function riskText(risk: string): Html {
  const mark = { low: '○', medium: '◐', high: '●' }[risk] ?? '';
  return html`<span class="risk ${risk}"><span aria-hidden="true">${mark}</span> ${risk}</span>`;
}

/** Null when nobody is asked now. */
export function decisionPanel(about: Briefing, ref: string, view: View): Html | null {
  const { approval, plan, policy } = about;
  if (
    approval === null ||
    plan === null ||
    approval.outcome !== 'pending' ||
    about.stopping !== null ||
    about.status !== 'awaiting-approval'
  )
    return null;
  const given = approval.given.length;
  return html`<section class="decision" aria-labelledby="decision-title">
<h2 id="decision-title">Decide on this plan</h2>
<p class="ask">Sentinel suspects <b>${inWords(plan.cause).toLowerCase()}</b> and asks before it acts. ${plan.reason}</p>
${forGoodText(plan) === '' ? '' : html`<p class="doubt"><b>For good:</b> ${forGoodText(plan)}.</p>`}
${planSteps(plan)}
<dl class="facts wide">
<div><dt>Rule</dt><dd>${policy === null ? '–' : html`<span class="id">${policy.rule}</span> ${policy.reason}`}</dd></div>
${approval.because === null ? '' : html`<div><dt>Why now</dt><dd>${approval.because}</dd></div>`}
<div><dt>Needs</dt><dd>${plural(approval.quorum, 'approval')} of role ${approval.role}${given === 0 ? '' : html`; given by ${approval.given.join(', ')}`}</dd></div>
<div><dt>Until</dt><dd>${clockTime(approval.deadlineMs, view.nowMs)} (${relativeTime(approval.deadlineMs, view.nowMs)}); then it escalates to a person</dd></div>
${preflightText(plan) === '' ? '' : html`<div><dt>Preflight</dt><dd>${preflightText(plan)}</dd></div>`}
${paceText(plan) === '' ? '' : html`<div><dt>Whether it helped</dt><dd>${paceText(plan)}</dd></div>`}
<div><dt>Plan</dt><dd><span class="id" title="${plan.planHash}">${plan.planHash.slice(0, 12)}</span>; only this plan will run</dd></div>
</dl>
${decisionForm(approval.planHash, approval.role, ref, view)}
</section>`;
}

function decisionForm(planHash: string, role: string, ref: string, view: View): Html {
  const needed: Role = roles.find((known) => known === role) ?? 'admin';
  if (!may(view, needed) || !may(view, 'operator')) {
    return html`<p class="cannot">Your key has the role <b>${view.principal.role}</b>; deciding needs <b>${needed}</b>.</p>`;
  }
  return html`<form method="post" action="/incidents/${ref}/decision" class="decide">${csrfField(view)}
<input type="hidden" name="planHash" value="${planHash}">
<label for="reason">Reason <span class="muted">required to reject, optional to approve</span></label>
<textarea id="reason" name="reason" rows="2" maxlength="2000"></textarea>
<div class="buttons"><button class="primary" name="decision" value="approve">Approve plan ${planHash.slice(0, 8)}</button>
<button class="danger" name="decision" value="reject">Reject</button></div></form>`;
}
