// Blast radius adds up: what several incidents do to an environment at the same moment. Each effect may be small, and a tier
// of which half is restarting is an outage all the same.

import type { ObservedState } from './target.ts';

/** A target and what is done to it. `blastRadius`: share of its capacity that is gone meanwhile, 0..1. */
export type Disturbed = {
  readonly key: string;
  readonly tier: string | null;
  readonly blastRadius: number;
};

/** How many targets of an environment are of the tier of this one, itself among them. What has no tier is one tier. */
export function peersOf({ tier }: Pick<ObservedState, 'tier'>, all: readonly ObservedState[]): number {
  return Math.max(1, all.filter((one) => one.tier === tier).length);
}

/**
 * Why another one of its tier may not be disturbed now; null when it may. One at a time always may; an effect that takes
 * nothing away disturbs nothing. `peers`: the targets of its tier.
 */
export function tooMuchAtOnce(
  next: Disturbed,
  already: readonly Disturbed[],
  peers: number,
  maxShare: number,
): string | null {
  if (takesNothing(next)) return null;
  const others = already.filter(
    (one) => one.tier === next.tier && one.key !== next.key && !takesNothing(one),
  );
  const disturbed = new Set(others.map(({ key }) => key)).size;
  const allowed = Math.max(1, Math.ceil(peers * maxShare));
  if (disturbed < allowed) return null;
  const which = next.tier === null ? 'targets without a tier' : `targets of tier ${next.tier}`;
  return `${disturbed} of ${Math.max(peers, disturbed)} ${which} are being acted on; at most ${allowed} may be at once`;
}

/** A number that is none counts as a disturbance. */
function takesNothing({ blastRadius }: Disturbed): boolean {
  return blastRadius <= 0;
}
