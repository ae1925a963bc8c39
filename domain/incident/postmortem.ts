// The first draft of a postmortem, written from the record alone: the same record gives the same bytes.

import type { Evidence } from '../diagnosis/diagnosis.ts';
import { symptoms } from './anomalies.ts';
import type { IncidentEvent } from './events.ts';
import { modelText } from './model-words.ts';
import { narrate } from './narrate.ts';
import { leftPaused } from './paused-owners.ts';
import type { IncidentState } from './state.ts';
import { timeText } from './words.ts';

/** Evidence of one analysis. */
export type AnalysisEvidence = { readonly attempt: number; readonly evidence: readonly Evidence[] };

/** Markdown with summary, impact, root cause, what was tried, evidence and timeline. */
export function postmortem(
  state: IncidentState,
  timeline: readonly IncidentEvent[],
  analyses: readonly AnalysisEvidence[],
): string {
  return `${[
    `# Postmortem: ${inline(state.title)}`,
    summary(state, timeline),
    section('Impact', impact(state)),
    section('Root cause', rootCause(state, timeline)),
    section('What was tried', attempts(timeline)),
    section('Evidence', evidenceLines(analyses)),
    section(
      'Timeline',
      timeline.map((event) => `- ${timeText(event.atMs)} ${inline(narrate(event))}`),
    ),
  ].join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return [`## ${title}`, '', ...(lines.length === 0 ? ['Nothing recorded.'] : lines)].join('\n');
}

function summary(state: IncidentState, timeline: readonly IncidentEvent[]): string {
  const closing = timeline.findLast((event) => event.type === 'incident-closed');
  const endMs = state.closedAtMs ?? closing?.atMs ?? state.openedAtMs;
  const seconds = Math.max(0, Math.round((endMs - state.onsetMs) / 1_000));
  return [
    `- Incident: \`${state.incidentId}\` (episode ${state.episode})`,
    `- Scope: ${inline(state.scope.environment)}/${inline(state.scope.service)}, severity ${state.severity}`,
    `- From ${timeText(state.onsetMs)} to ${timeText(endMs)} (${seconds} s); opened ${timeText(state.openedAtMs)}`,
    `- Outcome: **${state.outcome ?? 'open'}**${closing?.type === 'incident-closed' ? `, ${inline(closing.reason)}` : ''}`,
    ...leftPaused(state).map((sentence) => `- Left paused: ${inline(sentence)}`),
  ].join('\n');
}

function impact(state: IncidentState): readonly string[] {
  const more = state.anomaliesSeen - Object.keys(state.anomalies).length;
  return [
    ...symptoms(state).map(
      (anomaly) =>
        `- ${inline(anomaly.scope.service)}, ${inline(anomaly.metric)}: expected ${figure(anomaly.expected)}, seen ` +
        `${figure(anomaly.seen)}, from ${timeText(anomaly.onsetMs)}` +
        (anomaly.clearedMs === undefined ? ', not cleared' : ` to ${timeText(anomaly.clearedMs)}`),
    ),
    ...(more > 0 ? [`- and ${more} further anomalies`] : []),
  ];
}

/** The latest diagnosis that named a cause: after a fix that helped, the one that the fix was made for. */
function rootCause(state: IncidentState, timeline: readonly IncidentEvent[]): readonly string[] {
  const diagnosed = timeline.findLast(
    (event) =>
      (event.type === 'diagnosed' || event.type === 'model-consulted') &&
      event.diagnosis !== null &&
      event.diagnosis.hypotheses.length > 0,
  );
  if (diagnosed?.type !== 'diagnosed' && diagnosed?.type !== 'model-consulted') return [];
  if (diagnosed.diagnosis === null) return [];
  const { hypotheses, model } = diagnosed.diagnosis;
  const certainty =
    state.outcome === 'resolved' ? 'The fix for the first one was verified.' : 'Not confirmed by a fix.';
  return [
    ...hypotheses.map(
      ({ cause, scope, score, reason, evidenceFor, evidenceAgainst }) =>
        `1. ${cause} in ${inline(scope.service)} (score ${figure(score)}): ${inline(reason)}; for: ` +
        `${evidenceFor.join(' ') || 'none'}; against: ${evidenceAgainst.join(' ') || 'none'}`,
    ),
    '',
    certainty,
    ...(model === undefined ? [] : ['', inline(modelText(model))]),
  ];
}

const attemptEvents: readonly IncidentEvent['type'][] = [
  'planned',
  'decided',
  'approval-granted',
  'approval-rejected',
  'gate-refused',
  'effect-applied',
  'effect-failed',
  'effect-dry-run',
  'verified',
  'verification-held',
  'stop-requested',
  'silenced',
  'silence-ended',
  'compensation-finished',
  'nothing-to-try',
];

function attempts(timeline: readonly IncidentEvent[]): readonly string[] {
  return timeline
    .filter((event) => attemptEvents.includes(event.type))
    .map((event) => `1. ${inline(narrate(event))}`);
}

function evidenceLines(analyses: readonly AnalysisEvidence[]): readonly string[] {
  return analyses.flatMap(({ attempt, evidence }) =>
    evidence.map(({ id, source, provenance, finding, digest }) => {
      const proof = digest === undefined ? '' : `, SHA-256 \`${digest.slice(0, 16)}…\``;
      return `- ${attempt}.${id} (${inline(source)}, ${provenance}${proof}): ${inline(finding)}`;
    }),
  );
}

/** Text of people and systems stays one line of text: no line break can start a heading or a list of its own. */
function inline(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}
