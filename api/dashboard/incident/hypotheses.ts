// Why Sentinel thinks what it thinks: ranked hypotheses with the evidence for and against, each piece opening its data.

import { html } from 'hono/html';
import type { Evidence } from '../../../domain/diagnosis/diagnosis.ts';
import type {
  CitedEvidence,
  DiagnosisBriefing,
  HypothesisBriefing,
} from '../../../domain/incident/briefing.ts';
import type { Html } from '../view.ts';
import { inWords, plural } from '../words.ts';

export function hypothesisList(diagnosis: DiagnosisBriefing, evidence: readonly Evidence[]): Html {
  const byId = new Map(evidence.map((item) => [item.id, item]));
  return html`
${diagnosis.model === null ? '' : html`<p class="from-model"><b>From a language model.</b> ${diagnosis.model}. All cited evidence was checked to exist.</p>`}
${diagnosis.contested ? html`<p class="doubt"><b>Contested.</b> The two analyses disagree, so a person is asked.</p>` : ''}
${diagnosis.inconclusive ? html`<p class="doubt"><b>Inconclusive.</b> ${diagnosis.reason}</p>` : ''}
<ol class="hypotheses">${diagnosis.hypotheses.map((one, index) => hypothesisItem(one, index, byId))}</ol>
${diagnosis.missing.length === 0 ? '' : html`<p class="doubt"><b>Missing evidence:</b> ${diagnosis.missing.join('; ')}. Sentinel asks for approval more often while evidence is missing.</p>`}`;
}

function hypothesisItem(
  hypothesis: HypothesisBriefing,
  index: number,
  byId: ReadonlyMap<string, Evidence>,
): Html {
  const { cause, service, score, reason, byModel, evidenceFor, evidenceAgainst } = hypothesis;
  const percent = Math.round(Math.min(1, Math.max(0, score)) * 100);
  return html`<li><details id="hypothesis-${index}" ${index === 0 ? 'open' : ''}>
<summary><span class="cause"><b>${inWords(cause)}</b> in <b>${service}</b></span>
<span class="score" title="Comparable within this diagnosis only"><meter min="0" max="100" value="${percent}" aria-label="Score">${percent} %</meter> <span class="figure">${percent}</span></span></summary>
<p>${reason}${byModel ? html` <span class="tag">model</span>` : ''}</p>
${evidenceGroup('For', evidenceFor, byId)}
${evidenceGroup('Against', evidenceAgainst, byId)}
</details></li>`;
}

function evidenceGroup(
  title: 'For' | 'Against',
  cited: readonly CitedEvidence[],
  byId: ReadonlyMap<string, Evidence>,
): Html | '' {
  if (cited.length === 0) {
    return title === 'For' ? html`<p class="muted">No evidence is cited.</p>` : '';
  }
  return html`<section class="evidence ${title.toLowerCase()}"><h4>${title} <span class="muted">${plural(cited.length, 'finding')}</span></h4><ul>${cited.map(
    ({ id, finding, provenance }) => {
      const item = byId.get(id);
      const text = finding === '' ? 'not stored' : finding;
      return html`<li><span class="id">${id}</span> <span>${text} ${item === undefined ? '' : html`<a class="data" href="${dataUrl(item)}" aria-label="Data of ${id}">data</a>`}${provenance === null || provenance === 'measured' ? '' : html` <span class="tag">${provenance}</span>`}</span></li>`;
    },
  )}</ul></section>`;
}

/** The explorer, at the service and the range the finding is about. */
export function dataUrl({ source, scope, fromMs, toMs }: Evidence): string {
  const margin = Math.max(30_000, (toMs - fromMs) / 2);
  const kind =
    source === 'logs'
      ? 'logs'
      : source === 'metrics'
        ? 'metrics'
        : source === 'changes'
          ? 'changes'
          : 'calls';
  return `/series?${new URLSearchParams({
    environment: scope.environment,
    service: scope.service,
    kind,
    from: String(Math.round(fromMs - margin)),
    to: String(Math.round(toMs + margin)),
  })}`;
}
