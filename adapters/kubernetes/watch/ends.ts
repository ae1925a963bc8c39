// What is over when it is seen: containers that ended badly, pods that were evicted, and what the cluster warns of. Each becomes a
// line in the log of its service, once.

import type { Heard } from './collection.ts';
import type { WarningFacts } from './facts.ts';
import type { End, PodFacts } from './pod-facts.ts';

export type Line = { readonly severityNumber: number; readonly body: string };

const error = 17;
const warning = 13;

export function linesOfPod({ before, after, initial }: Heard<PodFacts>): readonly Line[] {
  // A pod that is being taken away is killed: that is how it goes.
  if (after === null || initial || after.deleting) return [];
  const known = new Map(before?.containers.map((one) => [one.name, one]));
  const ends = after.containers.flatMap(({ name, lastEnd, restarts }) => {
    const earlier = known.get(name);
    if (lastEnd === null || isFine(lastEnd) || earlier?.lastEnd?.key === lastEnd.key) return [];
    const times = restarts - (earlier?.restarts ?? 0);
    const often = times > 1 ? ` (${times} times)` : '';
    return [`container ${name} of pod ${after.name} ended: ${endInWords(lastEnd)}${often}`];
  });
  const failed = after.phase === 'Failed' && after.reason !== '' && before?.phase !== 'Failed';
  const evicted = failed
    ? [`pod ${after.name} was ended: ${[after.reason, after.message].filter(Boolean).join(': ')}`]
    : [];
  return [...ends, ...evicted].map((body) => ({ severityNumber: error, body }));
}

/** Events are counted by the cluster: what was told of once is told of again only when it has happened again. */
export function linesOfWarning({ before, after, initial }: Heard<WarningFacts>): readonly Line[] {
  if (after === null || initial) return [];
  const times = after.count - (before?.count ?? 0);
  if (times <= 0) return [];
  const { about, reason, message } = after;
  const subject = `${about.kind.toLowerCase() || 'object'} ${about.name}`;
  const often = times > 1 ? ` (${times} times)` : '';
  return [{ severityNumber: warning, body: `${reason || 'Warning'} of ${subject}: ${message}${often}` }];
}

export function endInWords({ reason, exitCode }: End): string {
  return reason === '' ? `exit code ${exitCode}` : `${reason}, exit code ${exitCode}`;
}

function isFine({ reason, exitCode }: End): boolean {
  return exitCode === 0 && reason !== 'OOMKilled';
}
