// Every hypothesis that is tested, once per service.

import type { HypothesisTest } from '../context.ts';
import { badConfig, badRelease } from './bad-change.ts';
import { cpuBurn } from './cpu-burn.ts';
import { crash } from './crash.ts';
import { crashLoop } from './crash-loop.ts';
import { diskFill } from './disk-fill.ts';
import { errorBurst } from './error-burst.ts';
import { hang } from './hang.ts';
import { logNoise } from './log-noise.ts';
import { memoryLeak } from './memory-leak.ts';
import { poolExhaustion } from './pool-exhaustion.ts';
import { reported } from './reported.ts';
import { slowDependency } from './slow-dependency.ts';
import { telemetryGap } from './telemetry-gap.ts';
import { trafficSurge } from './traffic-surge.ts';
import { transientSpike } from './transient-spike.ts';

export const hypothesisTests: readonly HypothesisTest[] = [
  crash,
  crashLoop,
  hang,
  memoryLeak,
  cpuBurn,
  slowDependency,
  errorBurst,
  badRelease,
  badConfig,
  diskFill,
  trafficSurge,
  poolExhaustion,
  telemetryGap,
  logNoise,
  transientSpike,
  reported,
];
