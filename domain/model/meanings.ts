// The taxonomy of causes in words, for a model.

import type { Cause } from '../diagnosis/causes.ts';

export const causeMeanings: Readonly<Record<Cause, string>> = {
  crash: 'an instance ended and did not come back by itself',
  'crash-loop': 'instances start and end again and again',
  hang: 'instances run but do not answer',
  'memory-leak': 'memory climbs steadily towards its limit',
  'cpu-burn': 'the CPU is saturated by the service itself',
  'slow-dependency': 'something outside, which cannot be observed here, answers slowly or with errors',
  'error-burst': 'the service itself fails requests, for no reason named here',
  'bad-release': 'its own trouble began with a new release of it',
  'bad-config': 'its own trouble began with a new configuration of it',
  'disk-fill': 'its disk or sandbox fills up',
  'traffic-surge': 'demand grew beyond what it can serve',
  'pool-exhaustion': 'a pool (connections, threads) is used up',
  'telemetry-gap': 'only the telemetry is missing; the service works',
  'log-noise': 'only the logs are louder; the service works',
  'transient-spike': 'it was over by itself',
  reported: 'reported from outside, and nothing measured explains it',
};
