// What every hypothesis may look at, and what it answers with.

import type { Cause } from './causes.ts';
import type { EvidenceBook } from './evidence.ts';
import type { Features, ServiceFeatures } from './features.ts';
import type { DiagnosisInput } from './input.ts';
import { explainedBy, hasTrouble, type Signs } from './signs.ts';

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

/** What is left of a score when a deeper service explains the same symptoms. */
export const explainedShare = 0.55;

export function locality({ explainedBy: by }: Suspect): number {
  return by === null ? 1 : explainedShare;
}

/** Weight of the closest change of the service, 0 without one. */
export function changeWeight({ signs }: Suspect): number {
  return Math.max(signs.release?.weight ?? 0, signs.config?.weight ?? 0);
}

/** Whether anything is measurably wrong with any service: errors or slowness its users feel, or trouble of its own. */
export function anyTrouble({ features, signs }: Pick<Context, 'features' | 'signs'>): boolean {
  for (const service of features.services.values()) {
    const its = signs.get(service.service);
    if (its !== undefined && hasTrouble(its)) return true;
    if (usersSuffer(service)) return true;
  }
  return false;
}

export function usersSuffer({ server, inbound }: ServiceFeatures): boolean {
  return [server, inbound].some((stats) => stats !== null && (stats.errors.up || stats.latency.up));
}
