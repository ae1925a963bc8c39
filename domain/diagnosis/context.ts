// What every hypothesis may look at, and what it answers with.

import type { SignalKind } from '../detection/anomaly.ts';
import type { Cause } from './causes.ts';
import type { Awaited } from './diagnosis.ts';
import type { EvidenceBook } from './evidence.ts';
import type { Features, ServiceFeatures } from './features.ts';
import type { DiagnosisInput } from './input.ts';
import { shown } from './names.ts';
import { reach } from './reach.ts';
import { explainedBy, hasTrouble, isLasting, type Signs } from './signs.ts';

export type Context = {
  readonly input: DiagnosisInput;
  readonly features: Features;
  readonly signs: ReadonlyMap<string, Signs>;
  readonly book: EvidenceBook;
};

/** One service under examination. */
export type Suspect = {
  readonly service: ServiceFeatures;
  readonly signs: Signs;
  /** The service it calls that explains its symptoms; null when it stands for itself. */
  readonly explainedBy: string | null;
};

export type Draft = {
  readonly cause: Cause;
  readonly service: string;
  /** The one bad instance, when the others are fine. */
  readonly instance?: string | null;
  readonly score: number;
  readonly reason: string;
  readonly evidenceFor: readonly string[];
  readonly evidenceAgainst: readonly string[];
  readonly figures?: Readonly<Record<string, number>>;
  readonly change?: string;
  /** When it will be known what it is missing. */
  readonly awaits?: Awaited;
};

/** Looks at one service; null when nothing speaks for the cause. */
export type HypothesisTest = (context: Context, suspect: Suspect) => Draft | null;

export function suspects(context: Omit<Context, 'book'>): readonly Suspect[] {
  return [...context.features.services.values()].flatMap((service) => {
    const signs = context.signs.get(service.service);
    if (signs === undefined) return [];
    return { service, signs, explainedBy: explainedBy(service, context.features, context.signs) };
  });
}

/** What is left of a score when a deeper service explains the same symptoms: too little to act on. */
export const explainedShare = 0.45;

export function locality({ explainedBy: by }: Suspect): number {
  return by === null ? 1 : explainedShare;
}

/** Services, of those that answer requests, and the share of them that tells of what they have in common: fewer may be neighbours. */
const shared = { least: 3, share: 0.75 } as const;

/**
 * How many are slower themselves at once, not counting what they wait for, where nearly all are: what they share is slow, and none of
 * them to blame. Else 0.
 */
export function slowerTogether({ features }: Pick<Context, 'features'>): number {
  const serving = [...features.services.values()].filter(({ server }) => server !== null);
  const slower = serving.filter(({ server }) => server?.selfTime.up === true);
  const areMost = slower.length >= shared.least && slower.length >= shared.share * serving.length;
  return areMost ? slower.length : 0;
}

/** What is left of a score that rests on no resource being short while that is not known: too little to act on. */
const unknownShare = 0.55;

/** How much a cause counts that nothing but the absence of shortages speaks for, and what will tell. */
export function withoutShortage({ service, signs: { unheard } }: Suspect): {
  readonly share: number;
  readonly awaits?: Awaited;
} {
  if (unheard === null) return { share: 1 };
  if (unheard.dueMs === null) return { share: unknownShare };
  const reading = `CPU, memory, disk and pools of ${shown(service.service)}`;
  return { share: unknownShare, awaits: { reading, dueMs: unheard.dueMs } };
}

/** Weight of the closest change of the service, 0 without one. */
export function changeWeight({ signs }: Suspect): number {
  return Math.max(signs.release?.weight ?? 0, signs.config?.weight ?? 0);
}

/** Signals that say nothing about how users are served, or what the service needs to serve them. */
const quietSignals: readonly SignalKind[] = ['logs', 'absence', 'other'];

/**
 * Whether anything is measurably wrong with any service that the incident can be about. Errors and slowness count when the incident has an anomaly
 * about them: among many services some always look a little slower than before.
 */
export function anyTrouble({
  input,
  features,
  signs,
}: Pick<Context, 'input' | 'features' | 'signs'>): boolean {
  const noticed = input.anomalies.some(({ signal }) => !quietSignals.includes(signal));
  if (noticedLater({ input, features })) return true;
  const near = reach(input, features.graph);
  for (const service of features.services.values()) {
    const its = signs.get(service.service);
    if (its === undefined || near(service.service) === 0) continue;
    if (hasTrouble({ ...its, ownErrors: its.ownErrors && noticed, selfTime: its.selfTime && noticed }))
      return true;
    if (noticed && usersSuffer(service)) return true;
  }
  return false;
}

/** Where senders hold spans back, detection may have heard of failing or slow calls in seconds that nobody has told wholly yet. */
function noticedLater({ input, features: { windows } }: Pick<Context, 'input' | 'features'>): boolean {
  return (
    windows.batchMs > 0 &&
    input.anomalies.some(
      ({ state, signal, detectedMs }) =>
        state === 'firing' && (signal === 'errors' || signal === 'latency') && detectedMs > windows.dataEndMs,
    )
  );
}

/** Its users see errors or slowness that are not over yet. */
export function usersSuffer({ server, inbound }: ServiceFeatures): boolean {
  return [server, inbound].some(
    (stats) => stats !== null && (isLasting(stats.errors) || isLasting(stats.latency)),
  );
}
