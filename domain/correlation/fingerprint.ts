// What makes two occurrences "the same incident": where it shows and what kind of symptom it is. The hash of this text
// names the episode and the workflow, so its parts must not depend on instance ids, values or detectors.

import type { Anomaly, SignalKind } from '../detection/anomaly.ts';

/** Symptoms that usually come together share a class, so that whichever is found first names the incident. */
export type SignalClass = 'service' | 'resource' | 'telemetry' | 'reported';

export function signalClass(signal: SignalKind): SignalClass {
  switch (signal) {
    case 'errors':
    case 'latency':
    case 'traffic':
    case 'availability':
    case 'restarts':
      return 'service';
    case 'cpu':
    case 'memory':
    case 'disk':
    case 'pool':
      return 'resource';
    case 'logs':
    case 'absence':
    case 'other':
      return 'telemetry';
    case 'reported':
      return 'reported';
  }
}

/** Environment, service and signal class; `/` separates, and is escaped inside names so that no two texts collide. */
export function fingerprintText(anomaly: Pick<Anomaly, 'scope' | 'signal'>): string {
  const parts = [anomaly.scope.environment, anomaly.scope.service, signalClass(anomaly.signal)];
  return parts.map((part) => part.replace(/[%/]/g, (char) => (char === '%' ? '%25' : '%2F'))).join('/');
}
