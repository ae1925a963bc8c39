// The words and marks for severity, status and outcome: every page says them the same way, and never by colour alone.

import { html } from 'hono/html';
import type { IncidentOutcome, IncidentStatus } from '../../domain/incident/status.ts';
import type { Severity } from '../../domain/scope.ts';
import type { Html } from './view.ts';

const severities: Readonly<Record<Severity, { mark: string; word: string }>> = {
  critical: { mark: '◆', word: 'Critical' },
  warning: { mark: '▲', word: 'Warning' },
  info: { mark: '●', word: 'Info' },
};

export function severityMark(severity: Severity): Html {
  const { mark, word } = severities[severity];
  return html`<span class="severity ${severity}"><span aria-hidden="true">${mark}</span> ${word}</span>`;
}

type Tone = 'busy' | 'wait' | 'good' | 'bad' | 'quiet';

export const statusWords: Readonly<Record<IncidentStatus, { word: string; tone: Tone }>> = {
  detected: { word: 'Detected', tone: 'busy' },
  enriching: { word: 'Gathering evidence', tone: 'busy' },
  diagnosing: { word: 'Diagnosing', tone: 'busy' },
  planning: { word: 'Planning', tone: 'busy' },
  deciding: { word: 'Asking policy', tone: 'busy' },
  'awaiting-approval': { word: 'Waiting for approval', tone: 'wait' },
  executing: { word: 'Acting', tone: 'busy' },
  verifying: { word: 'Verifying', tone: 'busy' },
  compensating: { word: 'Undoing', tone: 'wait' },
  'handed-over': { word: 'With a person', tone: 'wait' },
  closed: { word: 'Closed', tone: 'quiet' },
};

export const outcomeWords: Readonly<Record<IncidentOutcome, { word: string; mark: string; tone: Tone }>> = {
  resolved: { word: 'Resolved', mark: '✓', tone: 'good' },
  'self-recovered': { word: 'Recovered by itself', mark: '✓', tone: 'good' },
  escalated: { word: 'Escalated to a person', mark: '!', tone: 'bad' },
  suppressed: { word: 'Suppressed', mark: '–', tone: 'quiet' },
  'taken-over': { word: 'Taken over', mark: '→', tone: 'quiet' },
  aborted: { word: 'Aborted', mark: '×', tone: 'quiet' },
};

/** Where an incident is in its life, or how it ended. */
export function statusChip({
  status,
  outcome,
}: {
  readonly status: IncidentStatus;
  readonly outcome: IncidentOutcome | null;
}): Html {
  if (outcome !== null) {
    const { word, mark, tone } = outcomeWords[outcome];
    return html`<span class="chip ${tone}"><span aria-hidden="true">${mark}</span> ${word}</span>`;
  }
  const { word, tone } = statusWords[status];
  return html`<span class="chip ${tone}"><span class="dot" aria-hidden="true"></span>${word}</span>`;
}

/** `error-burst` → `Error burst`. */
export function inWords(id: string): string {
  const text = id.replaceAll('-', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
