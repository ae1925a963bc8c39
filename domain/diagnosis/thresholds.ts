// Every number that diagnosis judges with, and why it is what it is. They are general: ratios and robust deviations
// against the service's own past, so that none of them knows a particular system.

export const thresholds = {
  window: {
    /** History compared against; long enough for steady medians, short enough to be the same time of day. */
    baselineMs: 180_000,
    /** An onset found by a detector is a little late; these seconds before it count as neither before nor during. */
    guardMs: 3_000,
    earlyMs: 6_000,
    /** Rows older than this are not late any more: whoever should have sent them is silent. */
    delayMs: 5_000,
    /** At most this much of the disturbance is averaged; older seconds may show a state that is already gone. */
    duringMs: 30_000,
    /** "Now": enough seconds to judge, few enough to see that a symptom has just gone. */
    recentMs: 6_000,
    /** The very last seconds: busy services show within these that a symptom is over. */
    tailMs: 3_000,
    /** The least samples of each, for a series that comes more slowly than these seconds pass. */
    samples: { baseline: 8, early: 2, during: 3 },
  },
  errors: {
    /** A service may always fail a little; below this rise nothing is concluded. */
    minRise: 0.02,
    minErrors: 3,
    /** Probability of so many errors by chance; small, because every series is looked at in several windows. */
    maxChance: 1e-5,
  },
  latency: {
    /** A half more than before is beyond the swing of an ordinary minute. */
    minFactor: 1.5,
    /** Below this rise nobody waits longer, however large the factor. */
    minRiseMs: 10,
    /** Of the second-to-second spread before. */
    minDeviations: 3,
    minBuckets: 3,
  },
  dependency: {
    /** Of the service's own delay, this share must be the delay of what it waits for, to be explained by it. */
    explains: 0.5,
    /** What is left of the score of one that explains nothing. */
    idle: 0.35,
  },
  gone: {
    /** A symptom is over only when, had it gone on, this many errors would have been seen in the tail, or recently. */
    expectedInTail: 6,
    expectedRecently: 3,
    /** And at most this share of them was. */
    share: 0.2,
  },
  traffic: {
    /** Less is the ordinary swing of demand. */
    surgeFactor: 1.4,
    /** Shortest past that says how much was usual, after a stretch in which nothing was heard. */
    minPastMs: 10_000,
    collapseFactor: 0.5,
  },
  silence: {
    /** Expected calls that did not come: fewer may be chance (e^-8 is three in ten thousand). */
    minExpected: 8,
    /** Exporters send in batches, and not at the same moment. */
    minMs: 4_000,
    /** Of its former calls to others, this share shows that a silent service works; less than the other, that it does not. */
    works: 0.5,
    worksNot: 0.3,
    /** Share of their former calls that callers of a service that hangs can never get answered. */
    answered: 0.5,
    /** Of the calls of silent instances, the share that has to be missing, or answered unseen, before anything is concluded. */
    ofInstances: 0.6,
  },
  ingestGap: {
    /** Senders a second; with fewer, a pause of all of them is nothing unusual. */
    minVoices: 3,
    minMs: 3_000,
    /** Exporters wait up to five seconds before they try again. */
    returnMs: 5_000,
  },
  cpu: {
    /** Share of the limit (or of one core) at which work queues. */
    saturated: 0.8,
    /** A rise that counts without knowing what the number is a share of. */
    minFactor: 2,
    minRise: 0.25,
    /** A process that is kept from the CPU by others shows its hunger in multiples of its own past. */
    starvedFactor: 5,
    starvedRise: 0.08,
    /** Doing a third of its former work or less: waiting, not working. */
    idleFactor: 0.35,
  },
  memory: {
    critical: 0.85,
    /** Share of the limit (or of the level before) it must have risen by to be a trend and no warm-up. */
    minRise: 0.08,
  },
  disk: { critical: 0.9, full: 0.97, minRise: 0.03 },
  exhaustion: {
    /** A climb that ends sooner than this is a fault by itself. */
    soonMs: 10 * 60_000,
    /** One that a detector also reported counts even when the limit is this far away. */
    reportedMs: 4 * 3_600_000,
  },
  trend: {
    /** How well a line must fit; noise around a level fits worse than this. */
    minR2: 0.8,
    minPoints: 8,
    windowsMs: [12_000, 25_000, 60_000, 180_000, 400_000],
    /** A fall by this share is a restart or a clean-up: the trend begins anew after it. */
    resetFall: 0.3,
    /** Where so many points would take longer than this, fewer have to do if they fit better. */
    coarse: { fromMs: 60_000, minPoints: 4, minR2: 0.95, samples: [4, 6, 10, 20] },
  },
  pool: { full: 0.98 },
  restarts: { loop: 2, lookBackMs: 15_000 },
  change: {
    /** Older changes have been proven by time. */
    maxAgeMs: 30 * 60_000,
    /** Clocks and onsets are this inexact. */
    toleranceMs: 4_000,
    /** A change loses half its weight over this age: most faults of a release show within the first minutes. */
    halfWeightMs: 240_000,
  },
  onset: {
    /** A callee that began this much after its caller can still be the cause: onsets are whole seconds. */
    toleranceMs: 4_000,
    /** How far before the reported onset a service's own onset is looked for. */
    lookBackMs: 30_000,
  },
  rank: {
    /** Below, a hypothesis is a guess: no action is planned for it. */
    floor: 0.45,
    /** Acting and leaving alone closer together than this: a person decides. */
    margin: 0.06,
    /** A hypothesis whose remedy did not help keeps this share of its score. */
    failed: 0.3,
    /** Trouble of a service that calls one of the incident's own, but shows no anomaly itself. */
    caller: 0.8,
    /** Causes of symptoms that are measurably over. */
    past: 0.4,
    keep: 8,
  },
} as const;
