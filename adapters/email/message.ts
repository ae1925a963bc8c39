// An incident as a mail: plain text, and the same as simple HTML. All of it comes from the briefing, whose texts are
// single clean lines. Pure.

import { type Briefing, forGoodText, stepLine } from '../../domain/incident/briefing.ts';
import type { Moment } from '../../domain/incident/moments.ts';
import { times, whyAsked } from '../../domain/incident/words.ts';

export type EmailMessage = { readonly subject: string; readonly text: string; readonly html: string };

type Section = { readonly title: string; readonly lines: readonly string[] };

export function emailMessage(
  briefing: Briefing,
  moments: readonly Moment[],
  url: string | null,
): EmailMessage {
  const { severity, title, environment, service } = briefing;
  const headline = headlineOf(briefing, moments);
  const sections = sectionsOf(briefing).filter(({ lines }) => lines.length > 0);
  const text = [
    headline,
    '',
    ...sections.flatMap(({ title: name, lines }) => [`${name}:`, ...lines.map((line) => `  - ${line}`), '']),
    ...(url === null ? [] : [url, '']),
  ].join('\n');
  const html = [
    `<p><strong>${escaped(headline)}</strong></p>`,
    ...sections.map(
      ({ title: name, lines }) =>
        `<p>${escaped(name)}:</p><ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`,
    ),
    ...(url === null ? [] : [`<p><a href="${escaped(url)}">The incident in Sentinel</a></p>`]),
  ].join('\n');
  return { subject: `[${severity}] ${title} (${environment}/${service})`, text, html };
}

function headlineOf(
  { outcome, approval, held, status, ending }: Briefing,
  moments: readonly Moment[],
): string {
  if (ending?.end === 'cleared') return 'Over: everything that fired has cleared.';
  if (ending?.end === 'closed-by-person') return 'A person has closed it.';
  switch (outcome) {
    case 'escalated':
      return 'A person has to take over: Sentinel cannot fix it, or may not.';
    case 'resolved':
      return 'Resolved, and verified with fresh samples.';
    case 'self-recovered':
      return 'It went away by itself.';
    case 'suppressed':
      return 'Suppressed.';
    case 'taken-over':
      return 'A person has taken over; Sentinel does nothing more.';
    case 'aborted':
      return 'A person has ended the work on it.';
    case null:
      if (held !== null)
        return `A decision is needed: nobody can tell whether the change helped (${held.reason}). Take over to keep it, abort to undo it.`;
      if (approval?.outcome === 'pending')
        return `A decision is needed: ${approval.quorum} × ${approval.role}.`;
      if (moments.includes('restarted'))
        return 'Its workflow was gone; Sentinel started it again, and it goes on from the record.';
      return moments.includes('opened') ? 'A new incident.' : `An incident is ${status}.`;
  }
}

function sectionsOf(briefing: Briefing): readonly Section[] {
  const { symptoms, moreAnomalies, returns, diagnosis, plan, approval, effects, verification, ending } =
    briefing;
  const { leftPaused } = briefing;
  const more = [
    ...(returns > 0 ? [`it comes and goes: it has come back ${times(returns)}`] : []),
    ...(moreAnomalies > 0 ? [`and ${moreAnomalies} more`] : []),
  ];
  return [
    { title: 'Symptoms', lines: [...symptoms.map(({ text }) => text), ...more] },
    {
      title: 'Likely cause',
      lines: (diagnosis?.hypotheses ?? []).map(
        ({ cause, service, score, reason }) =>
          `${cause} in ${service} (${Math.round(score * 100)} %): ${reason}`,
      ),
    },
    {
      title: 'Language model',
      lines: diagnosis === null || diagnosis.model === null ? [] : [diagnosis.model],
    },
    { title: `Proposed actions (risk ${plan?.risk ?? ''})`, lines: (plan?.steps ?? []).map(stepLine) },
    // Also after the decision: what is gone stays gone.
    { title: 'For good', lines: plan === null || forGoodText(plan) === '' ? [] : [forGoodText(plan)] },
    {
      title: 'Decision',
      lines:
        approval?.outcome === 'pending'
          ? [
              `until ${new Date(approval.deadlineMs).toISOString()}`,
              ...(approval.because === null ? [] : [whyAsked(approval)]),
            ]
          : [],
    },
    {
      title: 'Actions',
      lines: effects.map(({ step, status, summary }) => `${step}: ${summary === '' ? status : summary}`),
    },
    { title: 'Verification', lines: verification === null ? [] : [verification.reason] },
    { title: 'Outcome', lines: ending === null || ending.reason === '' ? [] : [ending.reason] },
    { title: 'Left paused', lines: leftPaused },
  ];
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? char);
}
