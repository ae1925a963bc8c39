// Which of the changes that are told are effects of Sentinel itself: what a cluster or a deployment tool says of a rollback looks like
// any other release.

import type { ChangeEvent } from '../observation.ts';
import type { Intent } from './intent.ts';
import { stateAfter } from './precondition.ts';
import type { TargetState } from './target.ts';

/** An effect that was sent. */
export type OwnEffect = Pick<Intent, 'id' | 'target' | 'action' | 'parameters' | 'before'> & {
  readonly sentAtMs: number;
  /** When it was last heard of. */
  readonly untilMs: number;
};

/** Whoever tells of a change dates it by a clock of his own, and may tell of it only when it is through. */
export const ownChangeSlackMs = 60_000;
/** Executors give up earlier. Later news of an effect, such as what a person found out about it, are no sign that it went on. */
const longestMs = 3_600_000;

/** Id of the intent that made the change; null when Sentinel did not. */
export function ownIntentOf(change: ChangeEvent, effects: readonly OwnEffect[]): string | null {
  const own = effects.findLast(
    (effect) =>
      effect.target.environment === change.environment &&
      effect.target.service === change.service &&
      change.atMs >= effect.sentAtMs - ownChangeSlackMs &&
      change.atMs <= Math.min(effect.untilMs, effect.sentAtMs + longestMs) + ownChangeSlackMs &&
      made(change, effect),
  );
  return own?.id ?? null;
}

function made({ type, attributes }: ChangeEvent, effect: OwnEffect): boolean {
  const after = stateAfter(effect.before, effect);
  const [was, is] = [versionIn(effect.before, type), versionIn(after, type)];
  if (was === null || is === null || was === is) return false;
  // Somebody else's change at the same time leads to something else.
  const { to } = attributes;
  return typeof to !== 'string' || to === '' || isSameVersion(to, is);
}

/** `v2` and `registry/orders:v2` are; `v1` and `v10` are not. */
function isSameVersion(one: string, other: string): boolean {
  const parts = (version: string): readonly string[] => [version, ...version.split(/[/:@\s]/)];
  return parts(one).includes(other) || parts(other).includes(one);
}

/** What a change of this type changes. */
const versions: ReadonlyMap<string, (state: TargetState) => string | null> = new Map([
  ['release', ({ release }) => release],
  ['config', ({ config }) => config],
  ['scale', ({ desiredReplicas }) => String(desiredReplicas)],
]);

function versionIn(state: TargetState, type: string): string | null {
  return versions.get(type)?.(state) ?? null;
}
