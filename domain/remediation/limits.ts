// How much may be done, however good the reasons: rate limits, leases and the breaker. The gate enforces them inside
// its transaction; this file only says what they are and what their defaults mean.

import { z } from 'zod';

export const limitsConfigSchema = z.strictObject({
  /** A whole environment: one effect a minute on average is already a bad hour, more is a loop. */
  effectsPerMinute: z
    .int()
    .min(1)
    .max(10_000)
    .default(60)
    .describe('Effects per minute in all environments together.'),
  effectsPerHour: z
    .int()
    .min(1)
    .max(100_000)
    .default(600)
    .describe('Effects per hour in all environments together.'),
  effectsPerEnvironmentPerMinute: z
    .int()
    .min(1)
    .max(10_000)
    .default(20)
    .describe('Effects per minute in one environment.'),
  effectsPerEnvironmentPerHour: z
    .int()
    .min(1)
    .max(10_000)
    .default(60)
    .describe('Effects per hour in one environment.'),
  /** One target: the ladder of remedies has about five rungs; more means that something undoes our work. */
  effectsPerTargetPerHour: z.int().min(1).max(1_000).default(6).describe('Effects per hour on one target.'),
  effectsPerTargetPerMinute: z
    .int()
    .min(1)
    .max(1_000)
    .default(3)
    .describe('Effects per minute on one target.'),
  /** Two incidents at once are a bad day; half of what carries a service is an outage of our own making. */
  actedOnAtOncePerTier: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe(
      'Share (0 to 1) of the targets of one tier of an environment that may be acted on at once, rounded up; one always may. Effects that take no capacity away do not count.',
    ),
  /** How long a target is reserved for the incident that acts on it; longer than an effect and its check take. */
  leaseSeconds: z
    .int()
    .min(10)
    .max(3_600)
    .default(300)
    .describe('How long a target is reserved for the incident acting on it.'),
  /** Long enough for a plan of slow steps; past a week nobody remembers what they saw. */
  grantValidMinutes: z
    .int()
    .min(5)
    .max(10_080)
    .default(1_440)
    .describe(
      'How long after its last approval a plan may still be acted on. Then people are asked afresh: what they saw has had its time.',
    ),
  breaker: z
    .strictObject({
      /** Consecutive effects of an environment that did not help, after which Sentinel stops acting there. */
      notRecoveredEffects: z
        .int()
        .min(1)
        .max(100)
        .default(5)
        .describe('Consecutive effects without recovery that open the breaker.'),
      /** How long it stays open; people can act meanwhile, Sentinel cannot. */
      openMinutes: z
        .int()
        .min(1)
        .max(1_440)
        .default(30)
        .describe('How long it stays open. People can still act.'),
      /** Of one action, and of all actions, in an environment; a person looks before it is closed again. */
      notRecoveredShare: z
        .number()
        .min(0)
        .max(1)
        .default(0.1)
        .describe(
          'Share (0 to 1) of the effects in the window that failed or did not help, per action and for all of an environment, above which the breaker opens until a person resets it.',
        ),
      windowHours: z
        .number()
        .positive()
        .max(720)
        .default(24)
        .describe('Window in which the share is taken, in hours.'),
      leastEffects: z
        .int()
        .min(1)
        .max(1_000)
        .default(10)
        .describe('Effects in the window before their share means anything.'),
    })
    .prefault({})
    .describe('Circuit breaker: stops acting in an environment where actions do not help.'),
});
/**
 * How soon after its record a call must begin. A process that stands still for longer finds out and does not call. It covers
 * a busy machine, and is shorter than any lease and than the heartbeat by which a worker counts as dead.
 */
export const sendWithinMs = 5_000;

/** How long after that nobody is believed to be still about to call: the moment between the last check and the call. */
export const sendToleranceMs = 2_000;

export type LimitsConfig = z.infer<typeof limitsConfigSchema>;

/** What became of an effect. `undone`: of one that undoes, it is done. */
export const effectOutcomeKinds = ['helped', 'did-not-help', 'failed', 'undone'] as const;
export type EffectOutcome = (typeof effectOutcomeKinds)[number];

/** How many forward effects there were, and how many of them failed or did not help. */
export type Tally = { readonly effects: number; readonly inVain: number };

/** Whether so many were in vain that a person should look before there are more. */
export function tooManyInVain({ effects, inVain }: Tally, { breaker }: LimitsConfig): boolean {
  return effects >= breaker.leastEffects && inVain / effects > breaker.notRecoveredShare;
}

/** What the breaker has to know of one past effect; newest first where a list is given. */
export type FinishedEffect = { readonly recovered: boolean; readonly finishedMs: number };

/**
 * Until when the breaker of an environment is open, in ms since the epoch; null when it is closed. `newestFirst` are
 * the environment's finished forward effects; one that helped closes the breaker.
 */
export function breakerOpenUntilMs(
  newestFirst: readonly FinishedEffect[],
  config: LimitsConfig,
  nowMs: number,
): number | null {
  const { notRecoveredEffects, openMinutes } = config.breaker;
  const firstHelped = newestFirst.findIndex((effect) => effect.recovered);
  const inVain = firstHelped === -1 ? newestFirst.length : firstHelped;
  const last = newestFirst[0];
  if (last === undefined || inVain < notRecoveredEffects) return null;
  const untilMs = last.finishedMs + openMinutes * 60_000;
  return nowMs < untilMs ? untilMs : null;
}
