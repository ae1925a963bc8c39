// Every number the detection engine decides with, its default and why. Unknown keys are refused.

import { z } from 'zod';
import { longestWindowMs } from './aggregate/call-counts.ts';

const ms = (value: number, about: string) => z.number().int().positive().default(value).describe(about);
const count = (value: number, about: string) => z.number().int().positive().default(value).describe(about);
const positive = (value: number, about: string) => z.number().positive().default(value).describe(about);
const ratio = (value: number, about: string) => z.number().min(0).max(1).default(value).describe(about);

const limits = z.strictObject({
  environments: count(
    100,
    'Environments kept in memory. At the limit, the sender with the most environments loses its least recently seen one.',
  ),
  servicesPerEnvironment: count(
    2_000,
    'Services kept in memory, per environment. At the limit, the sender with the most services loses its least recently seen one.',
  ),
  instancesPerService: count(
    1_000,
    'Instances kept in memory, per service. At the limit, the least recently seen one is dropped once it has been idle for `idleSeriesMs`.',
  ),
  seriesPerEnvironment: count(
    100_000,
    'Metric series kept in memory, per environment. At the limit, the service with the most series loses its oldest; a service with more than half of all series gets no new ones.',
  ),
  labelSetsPerMetric: count(10_000, 'Label sets per metric and service. New ones beyond that are rejected.'),
  peersPerInstance: count(200, 'Callees per instance. The rest are counted as one peer.'),
  spansInJoin: count(50_000, 'Spans kept to join with the rest of their trace, per environment.'),
  spansPerTrace: count(1_000, 'Spans kept for the join, per trace.'),
  templatesPerService: count(
    1_000,
    'Log templates per service. At the limit, the least recently used one is dropped once it has been idle for `idleSeriesMs`; until then new messages share one template.',
  ),
  logAnomaliesPerService: count(5, 'Log anomalies that may fire at the same time in one service.'),
  idleSeriesMs: ms(900_000, 'A series without samples is dropped after this long.'),
});

const buckets = z.strictObject({
  minDisorderMs: ms(
    250,
    'A one-second bucket of spans closes once its instance has sent a span that ended this much later.',
  ),
  minWaitMs: ms(
    1_500,
    "Without later spans, a bucket closes this long after its end, or after the instance's usual export delay.",
  ),
  maxWaitMs: ms(15_000, 'Longest wait for the spans of a bucket, however late an instance usually exports.'),
  logWaitMs: ms(1_200, 'A one-second bucket of log records closes this long after its end.'),
  joinMs: ms(30_000, 'How long spans are kept to join with the rest of their trace.'),
});

const baseline = z.strictObject({
  minSamples: count(15, 'Samples needed before a series is judged at all.'),
  minSpanMs: ms(300_000, 'With a long sample interval, five samples spanning this long are enough.'),
  startUpMs: ms(15_000, 'Resource metrics of a new instance are not judged for this long.'),
  thinMs: ms(5_000, 'Once the window of 64 samples is full, at most one sample is learnt in this time.'),
  relearnMs: ms(
    1_800_000,
    'A new level of traffic, of an unknown metric, or of a resource that is used less, becomes the new normal after this long.',
  ),
});

const clearing = z.strictObject({
  clearMs: ms(8_000, 'How long a series must be back to normal before its anomaly clears.'),
  minSamples: count(3, 'Normal samples needed to clear an anomaly.'),
  refractoryMs: ms(30_000, 'After a hint clears, its series raises no new hint for this long.'),
});

const robustZ = z.strictObject({
  score: positive(8, 'Distance from the median, in robust standard deviations, that counts as a deviation.'),
  minRelative: positive(0.5, 'Smallest relative change that counts as a deviation.'),
  samples: count(5, 'Consecutive deviating samples needed.'),
});

const errors = z.strictObject({
  minRatio: ratio(0.02, 'Error rate below which nothing is reported.'),
  timesBaseline: positive(3, 'Smallest multiple of the usual error rate.'),
  minErrors: count(4, 'Failed calls needed in the window.'),
  alpha: positive(1e-6, 'Report if the probability of this many failures by chance is below this.'),
  alphaCleanBaseline: positive(1e-5, 'The same for a service without any failed call so far.'),
  clearChance: positive(1e-3, 'Clear when the probability that the failures have only paused is below this.'),
  warmUpMs: ms(12_000, 'A new service is not judged for this long.'),
  criticalRatio: ratio(0.2, 'Error rate that is critical.'),
  alwaysBadRatio: ratio(
    0.5,
    'Error rate of server calls that is reported even if it has been that high from the start.',
  ),
});

const latency = z.strictObject({
  medianFactor: positive(1.8, 'Smallest multiple of the usual median latency.'),
  medianFloorMs: positive(20, 'Smallest increase of the median latency.'),
  tailFactor: positive(2.5, 'Smallest multiple of the usual 95th percentile.'),
  tailFloorMs: positive(100, 'Smallest increase of the 95th percentile.'),
  score: positive(6, 'Distance of one second from the usual ones, in robust standard deviations.'),
  release: ratio(
    0.6,
    'How far latency must have returned to its usual value to count as normal, as a share of the increase.',
  ),
  criticalFactor: positive(5, 'Multiple of the usual latency that is critical.'),
  criticalMs: positive(500, 'Latency below which nothing is critical.'),
});

const traffic = z.strictObject({
  score: positive(6, 'Standard deviations from the usual rate.'),
  factor: positive(1.5, 'Smallest change, as a factor, that is a hint.'),
  surgeFactor: positive(2, 'Surge, as a factor, that is a warning if it lasts.'),
  surgeMs: ms(10_000, 'How long a surge must last to be a warning.'),
  lossRatio: ratio(0.1, 'Share of the usual rate that is left; a warning if it lasts.'),
  lossMs: ms(30_000, 'How long a loss of traffic must last to be a warning.'),
});

const capacity = z.strictObject({
  cpu: ratio(0.85, 'CPU utilisation (of one core, or of all) that counts as saturated.'),
  memory: ratio(0.9, 'Share of the memory limit that is too high.'),
  disk: ratio(0.9, 'Share of the disk limit that is too high.'),
  pool: ratio(0.95, 'Share of the connection pool in use that is too high.'),
  minRise: ratio(0.05, 'Smallest rise above the usual share: a share that has always been high is normal.'),
  cpuMinRise: ratio(0.3, 'The same for CPU.'),
  durationMs: ms(4_000, 'How long the share must stay too high.'),
  availabilityMs: ms(900, 'How long replicas must be missing.'),
  scaleUpGraceMs: ms(30_000, 'After a scale-up, new replicas may be missing for this long.'),
  restartsClearMs: ms(30_000, 'A restart anomaly clears after this long without another restart.'),
});

const trend = z.strictObject({
  horizonMs: ms(240_000, 'Report if the limit is reached within this time at the latest growth rate.'),
  slowHorizonTimes: positive(
    3,
    'For slow growth: report if the limit is reached within this multiple of the time the growth has been observed.',
  ),
  slowStepMs: ms(60_000, 'Time between the samples used to measure slow growth.'),
  dailyStepMs: ms(
    3_600_000,
    'The same for growth that takes days; it has to exceed what was reached on the days before.',
  ),
  minGrowth: ratio(0.08, 'Share of the limit that the growth must have used up.'),
  slowMinGrowth: ratio(0.04, 'The same for slow growth.'),
  freshMs: ms(120_000, 'Steady growth of a process younger than this counts as warm-up.'),
  slowsDown: ratio(
    0.7,
    'Growth that has slowed to this share of its rate within the window counts as levelling off.',
  ),
});

const logs = z.strictObject({
  windowMs: ms(10_000, 'Window in which the records of a template are counted.'),
  minCount: count(5, 'Records in the window needed for an error template.'),
  stormCount: count(100, 'Records in the window needed for any other template.'),
  factor: positive(5, 'Smallest multiple of the usual count.'),
  warmUpMs: ms(20_000, 'Templates first seen this soon after their service do not count as new.'),
});

const absence = z.strictObject({
  minArrivals: count(8, 'Arrivals needed before a service is expected to report regularly.'),
  minSilenceMs: ms(5_000, 'Shortest silence that is reported.'),
  times: positive(3, 'Silence that is reported, as a multiple of the usual interval.'),
  instanceTimes: positive(
    5,
    'The same for one instance of a service; leaves time for a replacement to start.',
  ),
  forgetMs: ms(86_400_000, 'A service that has been silent for this long is dropped.'),
});

const burnRules = (rules: readonly { burn: number; longMs: number; shortMs: number }[], about: string) =>
  z
    .array(
      z
        .strictObject({
          burn: z
            .number()
            .positive()
            .describe('How many times as fast as the objective allows the budget has to be spent.'),
          longMs: z
            .number()
            .int()
            .min(60_000)
            .max(longestWindowMs)
            .describe('Over this long, so that it matters.'),
          shortMs: z
            .number()
            .int()
            .min(60_000)
            .describe('And over this long, so that it is still so; when this is over, the anomaly is.'),
        })
        .refine(({ longMs, shortMs }) => shortMs < longMs, {
          path: ['shortMs'],
          message: 'must be less than `longMs`',
        }),
    )
    .max(10)
    .default(rules.slice())
    .describe(about);
const minute = 60_000;
const hour = 60 * minute;

const errorBudget = z.strictObject({
  fast: burnRules(
    [
      { burn: 14.4, longMs: hour, shortMs: 5 * minute },
      { burn: 6, longMs: 6 * hour, shortMs: 30 * minute },
    ],
    'Critical. By default when, of a budget of 30 days, 2 % go in an hour or 5 % in six.',
  ),
  slow: burnRules(
    [{ burn: 1, longMs: 72 * hour, shortMs: 6 * hour }],
    'A warning. By default when 10 % go in three days.',
  ),
  minMissed: count(
    10,
    'Calls that must have missed the objective in the long window: of few calls each is a large share.',
  ),
});
export type BurnRule = z.output<typeof errorBudget>['fast'][number];

const name = z.string().min(1).max(200);

const objective = z
  .strictObject({
    service: name.describe('Services it is about (`*` and `?` are wildcards), by the calls they serve.'),
    kind: z
      .enum(['errors', 'latency'])
      .default('errors')
      .describe('Whether a call misses it by failing or by taking too long.'),
    underMs: z.number().positive().optional().describe('Of `latency`: a call that takes longer misses it.'),
    objective: z
      .number()
      .min(0.5)
      .max(0.99999)
      .default(0.999)
      .describe('Share of calls that has to meet it.'),
    windowDays: z
      .number()
      .int()
      .min(1)
      .max(90)
      .default(30)
      .describe('Days over which the budget is counted.'),
  })
  .refine(({ kind, underMs }) => (kind === 'latency') === (underMs !== undefined), {
    path: ['underMs'],
    message: 'is needed for `latency`, and for nothing else',
  });
export type Objective = z.output<typeof objective>;

const metricRule = z
  .strictObject({
    metric: name.describe(
      'Name of the metric as history has it (`*` and `?` are wildcards): a counter ends in `.rate`, a histogram in `.rate`, `.p50` and `.p95`.',
    ),
    service: name.default('*').describe('Services it is about (`*` and `?` are wildcards).'),
    above: z.number().optional().describe('A symptom above this value.'),
    below: z.number().optional().describe('A symptom below this value.'),
    changeMs: z
      .number()
      .int()
      .positive()
      .optional()
      .describe(
        'Compare `above` and `below` with how much the value changed in this time, instead of with the value: 50 more, or 50 less (`below: -50`). At least as long as between two samples.',
      ),
    forMs: z.number().int().min(0).default(0).describe('How long it must stay beyond `above` or `below`.'),
    direction: z
      .enum(['up', 'down', 'both'])
      .default('both')
      .describe('Without `above` and `below`: which side of the usual values is a symptom.'),
    severity: z
      .enum(['info', 'warning', 'critical'])
      .default('warning')
      .describe('`info` opens no incident; it is shown with one of the same service.'),
  })
  .refine(({ above, below }) => above === undefined || below === undefined || below < above, {
    path: ['below'],
    message: 'must be less than `above`',
  })
  .refine(
    ({ above, below, changeMs }) => changeMs === undefined || above !== undefined || below !== undefined,
    {
      path: ['changeMs'],
      message: 'needs `above` or `below`',
    },
  );
export type MetricRule = z.output<typeof metricRule>;

/** Configuration of the detection engine; `detectionConfigSchema.parse({})` gives the defaults. */
export const detectionConfigSchema = z
  .strictObject({
    limits: limits.prefault({}).describe('Memory limits.'),
    buckets: buckets.prefault({}).describe('When a one-second bucket of spans or logs is complete.'),
    baseline: baseline.prefault({}).describe('How normal values are learnt.'),
    clearing: clearing.prefault({}).describe('When an anomaly clears.'),
    robustZ: robustZ.prefault({}).describe('Robust z-score on any metric; only ever a hint.'),
    errors: errors.prefault({}).describe('Failed calls.'),
    latency: latency.prefault({}).describe('Slow calls.'),
    traffic: traffic.prefault({}).describe('Call rate.'),
    capacity: capacity.prefault({}).describe('Usage near a limit, missing replicas, restarts.'),
    trend: trend.prefault({}).describe('Steady growth towards a limit.'),
    logs: logs.prefault({}).describe('Log spikes and new log templates.'),
    absence: absence.prefault({}).describe('Telemetry that stopped.'),
    errorBudget: errorBudget.prefault({}).describe('How fast the error budget of an objective may be spent.'),
    slos: z
      .array(objective)
      .max(500)
      .default([])
      .describe('Objectives of services. Of each kind the first that fits a service counts.'),
    rules: z
      .array(metricRule)
      .max(200)
      .default([])
      .describe(
        'Metrics to watch beyond what Sentinel watches by itself, such as orders per minute. The first rule that fits a series counts, in place of what Sentinel would do. With neither `above` nor `below` the series is compared with its own past: range, steps, time of day and of week (docs/backtest.md tries that on exported data).',
      ),
  })
  .describe('Detection: from telemetry to anomalies.');

export type DetectionConfig = z.output<typeof detectionConfigSchema>;
