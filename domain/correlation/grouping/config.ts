// When alerts belong together in time. Tuned once, on a public record of alerts, the same for every system.

export const groupingConfig = {
  /** What fired in so many different hours fires all the time, ... */
  hoursOfBackground: 4,
  /** ... unless it fires so much more often than in its usual hour, and more than so many times. */
  burst: { times: 15, least: 10, fadeMs: 600_000 },
  /** A group ends when nothing came for so many of its mean times between two alerts, within bounds. */
  gap: { times: 30, leastMs: 2_000, mostMs: 600_000, firstMs: 20_000 },
  /** How long a service counts in a crowd. */
  crowdMs: 120_000,
  /** So much is remembered of each; the least recently used goes first. */
  most: { kinds: 20_000, services: 20_000, marks: 50_000 },
} as const;
