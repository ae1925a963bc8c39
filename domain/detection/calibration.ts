// How often an alarm is true, by its score, of the detectors that compare a series with its own past. Learnt on 2026-11-28 by
// `npm run bench -- calibration`, from 422 and 281 alarms on 29 series of the Numenta Anomaly Benchmark, 30 production series of a large
// cloud (ms-cloud-monitoring) and 40 made-up ordinary ones (docs/detection.md); rounded.

import type { CalibrationTable } from './confidence.ts';

export const calibrationTables: Readonly<Record<'unusual' | 'robust-z', CalibrationTable>> = {
  unusual: [
    [10, 0.16],
    [11.5, 0.21],
    [12.5, 0.36],
    [13.7, 0.5],
    [15.2, 0.56],
    [16.1, 0.67],
    [17.3, 0.78],
  ],
  'robust-z': [
    [18, 0.1],
    [45, 0.13],
    [55, 0.21],
    [1000, 0.3],
  ],
};
