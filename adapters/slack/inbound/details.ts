// What the button "Details" shows, to the one who asked: the whole evidence, every hypothesis, the latest of the timeline.

import type { KnownBlock } from '@slack/web-api';
import type { Evidence } from '../../../domain/diagnosis/diagnosis.ts';
import type { Briefing } from '../../../domain/incident/briefing.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { narrate } from '../../../domain/incident/narrate.ts';
import { plainLine } from '../../../domain/text.ts';
import { code, escaped, localTime, section } from '../text.ts';

const longestLine = 240;
const shownEvidence = 20;
const shownEvents = 15;

export function detailBlocks(
  { diagnosis }: Briefing,
  evidence: readonly Evidence[],
  timeline: readonly IncidentEvent[],
): KnownBlock[] {
  const hypotheses = (diagnosis?.hypotheses ?? []).map(
    ({ cause, service, score, reason }) =>
      `• ${code(cause)} of ${code(service)} (${score.toFixed(2)}): ${escaped(reason)}`,
  );
  const findings = evidence.slice(-shownEvidence).map(({ id, source, provenance, finding }) => {
    const from = `${plainLine(source, 60)}, ${provenance}`;
    return `• ${code(plainLine(id, 20))} (${escaped(from)}) ${escaped(plainLine(finding, longestLine))}`;
  });
  const events = timeline
    .slice(-shownEvents)
    .map((event) => `${localTime(event.atMs)} ${escaped(plainLine(narrate(event), longestLine))}`);
  return [...part('Hypotheses', hypotheses), ...part('Evidence', findings), ...part('Latest events', events)];
}

function part(title: string, lines: readonly string[]): KnownBlock[] {
  return lines.length === 0 ? [] : [section([`*${title}*`, ...lines])];
}
