// What it means that a service, or one of its instances, is not heard of: it hangs, or only its telemetry is gone.
// The callers' side and the work it still does for others tell the two apart.

import type { CallStats } from './call-stats.ts';
import type { Features, ServiceFeatures } from './features.ts';
import { isIdle } from './signs-resources.ts';
import { thresholds } from './thresholds.ts';

const { works, worksNot, answered, ofInstances } = thresholds.silence;

export type SilenceSign = {
  /** `unclear`: nothing measured tells a hang from a gap. */
  readonly kind: 'hang' | 'gap' | 'unclear';
  readonly sinceMs: number;
  /** The silent instance, when others of the service are heard. */
  readonly instance: string | null;
};

export function silenceSign(service: ServiceFeatures, features: Features): SilenceSign | null {
  if (service.silentSinceMs !== null) {
    const kind = kindOfService(service, features);
    return asKnown({ kind, sinceMs: service.silentSinceMs, instance: null }, service);
  }
  const sign = instanceSilence(service);
  return sign === null ? null : asKnown(sign, service);
}

/**
 * Who hangs takes the spans it held back along: that its callers were answered then, and nobody tells of it, is no sign of a gap
 * before all that is looked at is later.
 */
function asKnown(sign: SilenceSign, { server }: ServiceFeatures): SilenceSign {
  if (sign.kind !== 'gap' || server === null) return sign;
  const { batchMs, recent } = server.windows;
  return batchMs > 0 && recent.fromMs < sign.sinceMs + batchMs ? { ...sign, kind: 'unclear' } : sign;
}

function kindOfService(service: ServiceFeatures, features: Features): SilenceSign['kind'] {
  if (service.inbound !== null && service.stillCalled === true) {
    return sufferedBy(service.inbound) && !answers(service.inbound) ? 'hang' : 'gap';
  }
  const work = stillWorks(service, features);
  if (work === true) return 'gap';
  const idle = isIdle(service);
  if (work === false) return idle === false ? 'unclear' : 'hang';
  if (idle === null) return 'unclear';
  return idle ? 'hang' : 'gap';
}

/** Whether those it calls still hear from it: true, false, or null when nobody can tell. */
function stillWorks(service: ServiceFeatures, features: Features): boolean | null {
  const heard = features.graph
    .callees(service.service)
    // A callee with other callers says nothing about this one.
    .filter((callee) => features.graph.callers(callee).length === 1)
    .flatMap((callee) => features.services.get(callee)?.server ?? [])
    .filter(({ before }) => before.requests > 0)
    .map(({ before, recent }) => recent.ratePerSecond / before.ratePerSecond);
  if (heard.length === 0) return null;
  if (heard.some((share) => share >= works)) return true;
  return heard.every((share) => share < worksNot) ? false : null;
}

function instanceSilence(service: ServiceFeatures): SilenceSign | null {
  const { instances, inbound, server, stillCalled } = service;
  const silent = instances.filter((one) => one.present && one.silentSinceMs !== null);
  const heard = instances.filter((one) => one.present && one.server !== null && one.silentSinceMs === null);
  const one = silent[0];
  if (one === undefined || one.silentSinceMs === null || heard.length === 0 || stillCalled === false)
    return null;
  const instance = silent.length === 1 ? one.instance : null;
  const sinceMs = one.silentSinceMs;
  const share = silent.reduce((sum, { server: own }) => sum + (own?.before.ratePerSecond ?? 0), 0);
  // What callers get answered and no replica tells of is answered by those that are silent.
  const unseen =
    inbound === null || server === null ? 0 : answeredPerSecond(inbound) - server.recent.ratePerSecond;
  const answersUnseen = share > 0 && unseen >= share * ofInstances;
  if (inbound !== null && sufferedBy(inbound) && !answersUnseen) return { kind: 'hang', sinceMs, instance };
  // Traffic that moved to the other replicas (a drained one) is not missing anywhere.
  if (server === null) return null;
  const missing = server.before.ratePerSecond - server.recent.ratePerSecond;
  if (missing < share * ofInstances) return null;
  if (inbound !== null) return { kind: 'gap', sinceMs, instance };
  // Nobody inside calls it: its own work shows whether it lives.
  const idle = silent.map((quiet) => isIdle(service, quiet.instance));
  if (idle.includes(null)) return { kind: 'unclear', sinceMs, instance };
  return { kind: idle.every(Boolean) ? 'hang' : 'gap', sinceMs, instance };
}

/** What hangs answers nobody: whose callers go on getting their answers, however late, works, and only its telemetry is missing. */
function answers(inbound: CallStats): boolean {
  const perSecond = answeredPerSecond(inbound);
  return perSecond > 0 && perSecond >= inbound.before.ratePerSecond * answered;
}

function answeredPerSecond({ recent: { errors, requests, ratePerSecond } }: CallStats): number {
  return requests === 0 ? 0 : (1 - errors / requests) * ratePerSecond;
}

function sufferedBy(inbound: CallStats): boolean {
  return inbound.errors.up || inbound.latency.up;
}
