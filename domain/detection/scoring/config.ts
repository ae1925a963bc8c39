// How the signs of something unusual are weighed. Tuned once, on public series and made-up ordinary ones, for all series together.

import type { TailRule } from './tail-odds.ts';

export type ScoringConfig = {
  /** What a sign counts for each factor of ten that it is less likely. */
  readonly weights: {
    readonly novelty: number;
    readonly step: number;
    readonly spike: number;
    readonly transition: number;
    readonly season: number;
  };
  /** Evidence from which on a row is an alarm. */
  readonly alarmAt: number;
  /** How steeply the distance beyond everything seen so far counts. */
  readonly noveltyGain: number;
  /** The smallest range a series is taken to have, as a share of its median. */
  readonly leastRange: number;
  readonly tail: TailRule;
  /** The mean step is that of about 1 / `stepShare` rows. */
  readonly stepShare: number;
  readonly recentRows: number;
  readonly transitions: { readonly prior: number; readonly fadeRows: number };
  /** `gate`: a season counts where its error is below this share of the level's. `share`: what a new day counts in it. `excused`:
   * a row this many usual errors from what is usual at its time is explained by it in no part, a nearer one in part. */
  readonly season: { readonly gate: number; readonly share: number; readonly excused: number };
  /** More rows, and more rows a day, have more chances to look unusual: what is taken off for each factor of ten. */
  readonly chances: { readonly rows: number; readonly rowsPerDay: number };
  /** For so many rows, a day at most, an alarm holds those back that are weaker than what is left of it. */
  readonly refractory: { readonly rows: number; readonly loss: number };
};

export const scoringConfig: ScoringConfig = {
  weights: { novelty: 5, step: 1, spike: 0.5, transition: 0.25, season: 1 },
  alarmAt: 2.7,
  noveltyGain: 45,
  leastRange: 0.01,
  tail: { priorRows: 50, priorPower: 1.6, fadeRows: 2_500 },
  stepShare: 0.0015,
  recentRows: 128,
  transitions: { prior: 25, fadeRows: 400 },
  season: { gate: 0.5, share: 0.2, excused: 8 },
  chances: { rows: 0.6, rowsPerDay: 0.8 },
  refractory: { rows: 2_000, loss: 2 },
};
