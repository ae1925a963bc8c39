// What a symptom is measured against: what the detector expected when it found it. History is only asked for series that
// no detector judged, because it may hold the fault itself: a late onset, or an earlier episode.

import type { Anomaly, FrozenBaseline } from '../detection/anomaly.ts';

/** `spread` and `samples` are null where the finding carries only what was expected. */
export type Normal = {
  readonly level: number;
  readonly spread: number | null;
  readonly samples: number | null;
};

/** The frozen normal of a finding; null where its detector measured none. */
export function frozenNormal(
  anomaly: Pick<Anomaly, 'detector' | 'signal' | 'expected' | 'seen' | 'baseline'>,
): Normal | null {
  if (anomaly.detector === 'external') return null;
  const known = anomaly.baseline === undefined ? null : usable(anomaly.baseline);
  switch (anomaly.signal) {
    case 'errors': {
      const { level, ...rest } = known ?? plain(anomaly.expected);
      if (!(level >= 0 && level <= 1)) return null;
      // Failing about as much as ever is what was found wrong, so it cannot be what is right.
      return { level: level > anomaly.seen / 2 ? 0 : level, ...rest };
    }
    case 'latency':
    case 'traffic':
    case 'cpu':
    case 'memory':
    case 'disk':
    case 'pool': {
      const normal = known ?? plain(anomaly.expected);
      return normal.level > 0 ? normal : null;
    }
    case 'availability':
    case 'restarts':
    case 'logs':
    case 'absence':
    case 'reported':
    case 'other':
      return null;
  }
}

function usable({ level, spread, samples }: FrozenBaseline): Normal | null {
  if (!Number.isFinite(level)) return null;
  return {
    level,
    spread: Number.isFinite(spread) && spread >= 0 ? spread : null,
    samples: Number.isFinite(samples) && samples >= 0 ? samples : null,
  };
}

function plain(expected: number): Normal {
  return { level: expected, spread: null, samples: null };
}
