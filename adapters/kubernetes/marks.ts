// What Sentinel writes on a workload together with each change of it, in the same request: the fencing number and the number of
// the send, with the intent they were for. Whoever comes with an older pair is refused, and an effect can be found again.
// A pair without an intent closes everything up to it.

import type { Intent, Send } from '../../domain/remediation/intent.ts';

/** On the workload (or on a single pod that is to be replaced). */
export const effectsAnnotation = 'sentinel.dev/effects';
/** In the pod template: makes every pod new, and says for whom. The same value twice changes nothing. */
export const restartAnnotation = 'sentinel.dev/restarted-by';

export type Mark = { readonly fence: number; readonly send: number; readonly intentId: string | null };

/** More than can be undecided at once on one target, where effects are one after the other. */
const keptMarks = 8;
const markPattern = /^(\d{1,15})\.(\d{1,9})=(-|[A-Za-z0-9._-]{1,63})$/;

/** Oldest first. What is unreadable was not written by Sentinel, and says nothing. */
export function marksOf(annotations: Readonly<Record<string, string>>): readonly Mark[] {
  return (annotations[effectsAnnotation] ?? '').split(' ').flatMap((entry) => {
    const [, fence, send, intentId] = markPattern.exec(entry) ?? [];
    if (fence === undefined || send === undefined || intentId === undefined) return [];
    return [{ fence: Number(fence), send: Number(send), intentId: intentId === '-' ? null : intentId }];
  });
}

/** The annotation with one more mark. */
export function withMark(
  annotations: Readonly<Record<string, string>>,
  { fence }: Pick<Intent, 'fence'>,
  { number }: Pick<Send, 'number'>,
  intentId: string | null,
): Readonly<Record<string, string>> {
  const kept = marksOf(annotations).slice(1 - keptMarks);
  const text = [...kept, { fence, send: number, intentId }]
    .map((mark) => `${mark.fence}.${mark.send}=${mark.intentId ?? '-'}`)
    .join(' ');
  return { [effectsAnnotation]: text };
}

/** Why this send is not the newest one here; null when it is. */
export function overtakenBy(
  annotations: Readonly<Record<string, string>>,
  { fence }: Pick<Intent, 'fence'>,
  { number }: Pick<Send, 'number'>,
): string | null {
  const newest = marksOf(annotations).findLast(
    (mark) => mark.fence > fence || (mark.fence === fence && mark.send >= number),
  );
  return newest === undefined
    ? null
    : `send ${number} under fence ${fence} is not newer than send ${newest.send} under fence ${newest.fence}`;
}

export function isMarked(annotations: Readonly<Record<string, string>>, intentId: string): boolean {
  return marksOf(annotations).some((mark) => mark.intentId === intentId);
}
