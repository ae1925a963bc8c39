// The disk a service may write to fills up, or is full.

import type { HypothesisTest } from '../context.ts';
import { ownErrorsFact } from '../facts-calls.ts';
import { diskFact } from '../facts-resources.ts';
import { thresholds } from '../thresholds.ts';

export const diskFill: HypothesisTest = (context, { service, signs }) => {
  const { disk } = signs;
  if (disk === null) return null;
  const full = disk.share >= thresholds.disk.full;
  return {
    cause: 'disk-fill',
    service: service.service,
    score: full ? 0.95 : disk.critical ? 0.9 : 0.82,
    reason: full ? 'The disk it writes to is full.' : 'The disk it writes to fills up.',
    evidenceFor: [
      diskFact(context, service, disk),
      ...(signs.ownErrors ? [ownErrorsFact(context, service)] : []),
    ],
    evidenceAgainst: [],
  };
};
