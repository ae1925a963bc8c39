// What was done and whether it helped: effects with their state, what was undone, and the symptom before, during and after.

import { html } from 'hono/html';
import { parseSeriesKey } from '../../../domain/detection/series.ts';
import type { Briefing, EffectBriefing } from '../../../domain/incident/briefing.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import { targetText } from '../../../domain/inventory/target.ts';
import type { VerificationResult } from '../../../domain/remediation/verification.ts';
import type { EffectRecord } from '../../ports/effects.ts';
import { valueText } from '../assets/text.js';
import { seriesName, unitOf } from '../charts/points.ts';
import { clockTime } from '../format.ts';
import { csrfField } from '../layout.ts';
import { type Html, may, type View } from '../view.ts';
import { plural } from '../words.ts';

const effectWords: Readonly<Record<EffectBriefing['status'], { word: string; tone: string; mark: string }>> =
  {
    written: { word: 'Under way', tone: 'busy', mark: '…' },
    applied: { word: 'Done', tone: 'good', mark: '✓' },
    failed: { word: 'Failed', tone: 'bad', mark: '×' },
    uncertain: { word: 'Outcome unknown', tone: 'wait', mark: '?' },
    'not-needed': { word: 'Already put back by somebody', tone: 'wait', mark: '↩' },
    undone: { word: 'Undone', tone: 'wait', mark: '↩' },
    'not-undone': { word: 'Could not be undone', tone: 'bad', mark: '!' },
    'dry-run': { word: 'Dry run, nothing was done', tone: 'wait', mark: '–' },
  };

/** What a person has to settle, and who has settled what: until then nobody acts on the target. */
export function settlements(effects: readonly EffectRecord[], ref: string, view: View): Html | '' {
  const open = effects.filter(({ status }) => status === 'uncertain');
  const settled = effects.filter(({ result }) => result?.startsWith('settled by ') === true);
  if (open.length + settled.length === 0) return '';
  return html`${open.map(
    ({
      id,
      action,
      target,
    }) => html`<section class="panel" aria-labelledby="settle-${id}"><h3 id="settle-${id}">Nobody can tell whether it happened</h3>
<p><b>${action}</b> <span class="id">${targetText(target)}</span>. Look at the target. Until you say what became of it, Sentinel does nothing on this target.</p>
${may(view, 'operator') ? settleForm(id, ref, view) : html`<p class="muted">Settling needs the role operator.</p>`}</section>`,
  )}${settled.map(
    ({ action, target, status, result, updatedAtMs }) =>
      html`<p><b>${action}</b> <span class="id">${targetText(target)}</span> ${status === 'applied' ? 'happened' : 'did not happen'}: ${result} <span class="muted">${clockTime(updatedAtMs, view.nowMs)}</span></p>`,
  )}`;
}

function settleForm(id: string, ref: string, view: View): Html {
  return html`<details id="settle-form-${id}"><summary>Settle</summary><form method="post" action="/incidents/${ref}/settle">${csrfField(view)}<input type="hidden" name="effect" value="${id}"><label for="settle-reason-${id}">What you saw</label><input id="settle-reason-${id}" name="reason" maxlength="2000" required autocomplete="off"><button name="happened" value="true">It happened</button> <button name="happened" value="false" class="danger">It did not happen</button></form></details>`;
}

export function effectList(about: Briefing): Html {
  const { effects, compensation } = about;
  return html`<ol class="effects">${effects.map(({ step, attempt, status, summary }) => {
    const { word, tone, mark } = effectWords[status];
    const [action = step, target = ''] = step.split('@');
    return html`<li><span class="chip ${tone}"><span aria-hidden="true">${mark}</span> ${word}</span> <div><b>${action}</b> <span class="id">${target}</span> <span class="muted">attempt ${attempt}</span>${summary === '' ? '' : html`<br>${summary}`}</div></li>`;
  })}</ol>
${compensation === null || compensation.notUndone.length === 0 ? '' : html`<p class="doubt"><b>Still standing:</b> ${compensation.notUndone.join(', ')}. A person has to look at it.</p>`}`;
}

const outcomeWords = {
  recovered: { word: 'Recovered', tone: 'good', mark: '✓' },
  'not-recovered': { word: 'Not recovered', tone: 'bad', mark: '×' },
  unverified: { word: 'Cannot tell: not enough samples', tone: 'wait', mark: '?' },
} as const;

export function verificationTable(result: VerificationResult): Html {
  const { word, tone, mark } = outcomeWords[result.outcome];
  return html`<p><span class="chip ${tone}"><span aria-hidden="true">${mark}</span> ${word}</span> ${result.reason} <span class="muted">${plural(result.freshSamples, 'fresh sample')}</span></p>
${
  result.series.length === 0
    ? ''
    : html`<div class="scroll"><table><thead><tr><th scope="col">Symptom</th><th scope="col" class="figure">Before</th><th scope="col" class="figure">During</th><th scope="col" class="figure">After</th><th scope="col">Back to normal</th></tr></thead>
<tbody>${result.series.map(({ seriesKey, before, during, after, ok }) => {
        const ref = parseSeriesKey(seriesKey);
        const show = (value: number) => valueText(value, ref === null ? 'plain' : unitOf(ref));
        return html`<tr><th scope="row">${ref === null ? seriesKey : seriesName(ref)}</th><td class="figure">${show(before)}</td><td class="figure">${show(during)}</td><td class="figure">${show(after)}</td><td>${ok ? html`<span class="good">✓ yes</span>` : html`<span class="bad">× no</span>`}</td></tr>`;
      })}</tbody></table></div>`
}
${result.controlImprovedToo ? html`<p class="doubt">Neighbours that were not touched improved in the same way: the action may not be what helped.</p>` : ''}`;
}

/** The life of an incident as steps, with where it is now. Steps that were skipped are not shown as done. */
export function lifeLine(
  { status }: Pick<IncidentState, 'status'>,
  { waited, acted }: { readonly waited: boolean; readonly acted: boolean },
): Html {
  const skipped = !acted && (status === 'handed-over' || status === 'closed');
  const checked =
    status === 'compensating'
      ? { word: 'Undo', of: ['compensating'] }
      : { word: 'Verify', of: ['verifying'] };
  const stages = [
    { word: 'Detect', of: ['detected'] },
    { word: 'Diagnose', of: ['enriching', 'diagnosing'] },
    { word: 'Plan', of: ['planning', 'deciding'] },
    ...(waited ? [{ word: 'Approve', of: ['awaiting-approval'] }] : []),
    ...(skipped ? [] : [{ word: 'Act', of: ['executing'] }, checked]),
    ...(status === 'handed-over' ? [{ word: 'With a person', of: ['handed-over'] }] : []),
    { word: 'Close', of: ['closed'] },
  ];
  const now = stages.findIndex(({ of }) => of.includes(status));
  return html`<ol class="life" aria-label="Where the incident is">${stages.map(({ word }, index) => {
    const state = status === 'closed' || index < now ? 'past' : index === now ? 'now' : 'next';
    return html`<li class="${state}" ${state === 'now' ? html`aria-current="step"` : ''}>${word}</li>`;
  })}</ol>`;
}
