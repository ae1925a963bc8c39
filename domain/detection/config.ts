// Every number the detection engine decides with, its default and why. Unknown keys are refused.

import { z } from 'zod';

const ms = (value: number, about: string) => z.number().int().positive().default(value).describe(about);
const count = (value: number, about: string) => z.number().int().positive().default(value).describe(about);
const positive = (value: number, about: string) => z.number().positive().default(value).describe(about);
const ratio = (value: number, about: string) => z.number().min(0).max(1).default(value).describe(about);

const limits = z.strictObject({
  environments: count(
    100,
    'Environments kept in memory. For one more, the sender with the most loses the one not heard of for longest.',
  ),
  servicesPerEnvironment: count(
    2_000,
    'Services kept in memory, per environment. For one more, the sender with the most loses the one not heard of for longest.',
  ),
  instancesPerService: count(
    1_000,
    'Instances kept in memory, per service. For one more, the one not heard of for longest goes, after `idleSeriesMs`.',
  ),
  seriesPerEnvironment: count(
    100_000,
    'Metric series kept in memory, per environment. For one more, the service with the most loses its oldest; a service with more than half gets no more.',
  ),
  labelSetsPerMetric: count(10_000, 'Label sets of one metric of one service. New ones beyond are refused.'),
  peersPerInstance: count(200, 'Callees of one instance. Further ones are counted as one peer.'),
  spansInJoin: count(50_000, 'Spans kept to explain other spans, per environment.'),
  spansPerTrace: count(1_000, 'Spans of one trace kept to explain other spans.'),
  templatesPerService: count(
    200,
    'Log templates of one service. For one more, the one not used for longest goes, after `idleSeriesMs`; until then new messages share one.',
  ),
  logAnomaliesPerService: count(5, 'Log anomalies that may fire at once in one service.'),
  idleSeriesMs: ms(900_000, 'A series without samples is forgotten after this long.'),
});

const buckets = z.strictObject({
  minDisorderMs: ms(
    250,
    'A second of spans is closed when its instance has sent a span that ended this much later.',
  ),
  minWaitMs: ms(
    1_500,
    'Without later spans a second is closed this long after its end, or after the usual delay of its instance.',
  ),
  maxWaitMs: ms(15_000, 'Longest wait for the spans of a second, however late an instance usually exports.'),
  logWaitMs: ms(1_200, 'A second of log records is closed this long after its end.'),
  joinMs: ms(30_000, 'How long spans are kept to explain other spans of their trace.'),
});

const baseline = z.strictObject({
  minSamples: count(15, 'Samples before the first verdict about a series.'),
  minSpanMs: ms(300_000, 'With a slow sample interval, five samples over this long are enough.'),
  startUpMs: ms(15_000, 'A new instance is not judged by its resources for this long.'),
  thinMs: ms(5_000, 'Once the window of 64 samples is full, at most one sample per this long is learnt.'),
  relearnMs: ms(
    1_800_000,
    'A level of a hint (traffic, unknown metrics) that lasts this long is the new normal.',
  ),
});

const clearing = z.strictObject({
  clearMs: ms(8_000, 'How long a series must be normal again before its anomaly is cleared.'),
  minSamples: count(3, 'Normal samples needed to clear an anomaly.'),
  refractoryMs: ms(30_000, 'After a hint is cleared its series gives no new hint for this long.'),
});

const robustZ = z.strictObject({
  score: positive(8, 'Robust standard deviations from the median that count as deviating.'),
  minRelative: positive(0.5, 'Smallest relative change that counts as deviating.'),
  samples: count(5, 'Deviating samples in a row before the finding.'),
});

const errors = z.strictObject({
  minRatio: ratio(0.02, 'Share of failed calls below which nothing is found.'),
  timesBaseline: positive(3, 'Smallest multiple of the usual share of failed calls.'),
  minErrors: count(4, 'Failed calls needed in the window.'),
  alpha: positive(1e-6, 'Probability of so many failures by chance, below which it is a finding.'),
  alphaCleanBaseline: positive(1e-5, 'The same when no call has failed so far.'),
  clearChance: positive(1e-3, 'Probability that the failures only paused, below which they are over.'),
  warmUpMs: ms(12_000, 'A service is not judged in its first seconds.'),
  criticalRatio: ratio(0.2, 'Share of failed calls that is critical.'),
  alwaysBadRatio: ratio(0.5, 'Share of failed server calls that is found even if it was so from the start.'),
});

const latency = z.strictObject({
  medianFactor: positive(1.8, 'Smallest multiple of the usual median latency.'),
  medianFloorMs: positive(20, 'Smallest increase of the median latency.'),
  tailFactor: positive(2.5, 'Smallest multiple of the usual 95th percentile.'),
  tailFloorMs: positive(100, 'Smallest increase of the 95th percentile.'),
  score: positive(6, 'Robust standard deviations of a second from the usual seconds.'),
  release: ratio(0.6, 'Share of the way back to the usual latency at which it counts as normal again.'),
  criticalFactor: positive(5, 'Multiple of the usual latency that is critical.'),
  criticalMs: positive(500, 'Latency below which nothing is critical.'),
});

const traffic = z.strictObject({
  score: positive(6, 'Standard deviations from the usual rate.'),
  factor: positive(1.5, 'Smallest change that is a hint.'),
  surgeFactor: positive(2, 'Surge that is a warning when it lasts.'),
  surgeMs: ms(10_000, 'How long a surge must last to be a warning.'),
  lossRatio: ratio(0.1, 'Remaining share of the usual rate that is a warning when it lasts.'),
  lossMs: ms(30_000, 'How long a loss of traffic must last to be a warning.'),
});

const capacity = z.strictObject({
  cpu: ratio(0.85, 'CPU utilisation (of a core, or of all) that counts as saturated.'),
  memory: ratio(0.9, 'Share of the memory limit that is too much.'),
  disk: ratio(0.9, 'Share of the disk limit that is too much.'),
  pool: ratio(0.95, 'Share of the connections in use that is too much.'),
  minRise: ratio(0.05, 'A share that was always about so high is normal: smallest rise above the usual one.'),
  cpuMinRise: ratio(0.3, 'The same for CPU.'),
  durationMs: ms(4_000, 'How long the share must be too high.'),
  availabilityMs: ms(900, 'How long replicas must be missing.'),
  scaleUpGraceMs: ms(30_000, 'Replicas that were just asked for may be missing for this long.'),
  restartsClearMs: ms(30_000, 'Without a further restart the finding is cleared after this long.'),
});

const trend = z.strictObject({
  horizonMs: ms(240_000, 'Time to exhaustion, at the growth of the last seconds, that is found.'),
  slowHorizonTimes: positive(
    3,
    'Time to exhaustion, in multiples of how long the growth has been seen, that is found.',
  ),
  slowStepMs: ms(60_000, 'Distance of the samples that slow growth is measured with.'),
  minGrowth: ratio(0.08, 'Share of the limit that must have been filled by the growth.'),
  slowMinGrowth: ratio(0.04, 'The same for slow growth.'),
  freshMs: ms(120_000, 'Growth of a process younger than this, which was never level, is its warm-up.'),
  slowsDown: ratio(
    0.7,
    'Growth that fell to this share of itself within the window is on its way to a plateau.',
  ),
});

const logs = z.strictObject({
  windowMs: ms(10_000, 'Window in which records of a template are counted.'),
  minCount: count(5, 'Error records of a template needed in the window.'),
  stormCount: count(100, 'Records of a template that is no error needed in the window.'),
  factor: positive(5, 'Smallest multiple of the usual count.'),
  warmUpMs: ms(20_000, 'Templates first seen this soon after their service are not new.'),
});

const absence = z.strictObject({
  minArrivals: count(8, 'Arrivals before a service is known to be regular.'),
  minSilenceMs: ms(5_000, 'Shortest silence that is found.'),
  times: positive(3, 'Silence, in multiples of the usual pause, that is found.'),
  instanceTimes: positive(5, 'The same for one instance of a service; a replacement may start in this time.'),
  forgetMs: ms(86_400_000, 'A service silent for this long is forgotten.'),
});

/** Configuration of the detection engine; `detectionConfigSchema.parse({})` gives the defaults. */
export const detectionConfigSchema = z
  .strictObject({
    limits: limits.prefault({}).describe('Bounds of memory.'),
    buckets: buckets.prefault({}).describe('When a second of spans or logs is complete.'),
    baseline: baseline.prefault({}).describe('How the usual values of a series are learnt.'),
    clearing: clearing.prefault({}).describe('When an anomaly is over.'),
    robustZ: robustZ.prefault({}).describe('Robust z-score: any metric, as a hint.'),
    errors: errors.prefault({}).describe('Failed calls.'),
    latency: latency.prefault({}).describe('Slow calls.'),
    traffic: traffic.prefault({}).describe('Rate of calls.'),
    capacity: capacity.prefault({}).describe('Levels near a limit, missing replicas, restarts.'),
    trend: trend.prefault({}).describe('Steady growth towards a limit.'),
    logs: logs.prefault({}).describe('Spikes and new templates of log records.'),
    absence: absence.prefault({}).describe('Telemetry that stopped.'),
  })
  .describe('Detection: from telemetry to anomalies.');

export type DetectionConfig = z.output<typeof detectionConfigSchema>;
