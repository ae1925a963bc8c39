// Which series decide whether an incident is over: those of its own symptoms, each once, and the health of the service
// that was acted on and of the entries users come through.

import { type Anomaly, isUserFacing, type SignalKind } from '../detection/anomaly.ts';
import { type CallMeasure, parseSeriesKey, seriesKey } from '../detection/series.ts';
import { isReportedFromOutside } from '../detection/signals.ts';
import type { CallBucket } from '../telemetry.ts';
import { frozenNormal, type Normal } from './verify-baseline.ts';
import { type CallQuestion, judgeErrors, judgeLatency } from './verify-calls.ts';
import type { VerificationInput } from './verify-input.ts';
import { demandFactor, judgeRate, judgeRateHealth } from './verify-rate.ts';
import { judgeByItsDetector, judgeReport } from './verify-reports.ts';
import { judgeResource } from './verify-resources.ts';
import { freshSeconds, type Judged, newestWindow, type VerificationTimes } from './verify-windows.ts';

/** A service that had fewer calls before cannot be expected to show any now. */
const speakingRequests = 10;
/** Share of the former rate at which calls count as back; less means that a replica, or a caller, is still missing. */
const restoredShare = 0.85;
/** A single instance may get less than before: its siblings took over some of its work. */
const restoredInstanceShare = 0.4;

/** Judgements of the incident's own series; empty when none of its anomalies can be measured again. */
export function judgeSymptoms(input: VerificationInput, times: VerificationTimes): readonly Judged[] {
  const judged = new Map<string, Judged>();
  for (const anomaly of input.anomalies) {
    if (anomaly.severity === 'info' || isSideEffect(anomaly, input)) continue;
    const key = symptomKey(anomaly);
    const found = judgeOne(anomaly, input, times);
    const known = judged.get(key);
    if (found !== null && (known === undefined || rank(found) < rank(known))) judged.set(key, found);
  }
  return [...judged.values()];
}

/** Two findings of one series may disagree about what is normal: the worse judgement counts. */
function rank({ ok }: Judged): number {
  return ok === false ? 0 : ok === null ? 1 : 2;
}

/**
 * After an effect for users, a resource of another service than the one acted on is a matter of its own: growing with the
 * load that is served again, say. To undo a fix that helped because of it would do harm; it is reported again if it stays.
 */
function isSideEffect(
  anomaly: Anomaly,
  { anomalies, effectAtMs, targetService }: VerificationInput,
): boolean {
  if (effectAtMs === null || anomaly.scope.service === targetService) return false;
  const ofUsers = anomalies.some(({ signal, severity }) => severity !== 'info' && isUserFacing(signal));
  return ofUsers && resourceSignals.includes(anomaly.signal);
}

const resourceSignals: readonly SignalKind[] = ['cpu', 'memory', 'disk', 'pool'];

/** A budget that burns is a sum over hours: a few good seconds are no answer to it, and it may burn below what they could show. */
function isBurn({ detector }: Anomaly): boolean {
  return detector === 'fast-burn' || detector === 'slow-burn';
}

/** Instances come and go; a symptom is of a service, or of one of its edges. Every report is one of its own. */
function symptomKey(anomaly: Anomaly): string {
  const { scope, signal, metric, seriesKey: series } = anomaly;
  if (isBurn(anomaly)) return JSON.stringify([scope.service, anomaly.detector, signal]);
  const detail = signal === 'latency' ? metric : ['reported', 'logs', 'other'].includes(signal) ? series : '';
  return JSON.stringify([scope.service, scope.component ?? '', signal, detail]);
}

function judgeOne(anomaly: Anomaly, input: VerificationInput, times: VerificationTimes): Judged | null {
  const { signal, scope } = anomaly;
  const question = {
    seriesKey: anomaly.seriesKey,
    what: `${signal} of ${scope.service}`,
    rows: callRows(anomaly, input.calls),
    times,
    config: input.config,
    normal: frozenNormal(anomaly),
  };
  if (isBurn(anomaly)) return judgeByItsDetector(anomaly, input.nowMs, input.config);
  switch (signal) {
    case 'errors':
      return judgeErrors(question, 'symptom');
    case 'latency':
      return judgeLatency(
        question,
        anomaly.metric.includes('p50') ? 'latency-p50' : 'latency-p95',
        'symptom',
      );
    case 'traffic':
      // More demand than before is no fault as long as it is served; that is judged by errors and latency.
      return anomaly.direction === 'up' ? null : judgeRate(question, restoredShare);
    case 'absence':
      return judgeAbsence(question, anomaly, input, times);
    case 'availability':
    case 'cpu':
    case 'memory':
    case 'disk':
    case 'pool':
    case 'restarts': {
      const rows = input.metrics.filter(({ service }) => service === scope.service);
      const target = input.targets?.find((one) => one.target.service === scope.service) ?? null;
      const demand = demandFactor(serverRows(scope.service, input.calls), times, input.config);
      return judgeResource({ anomaly, rows, target, times, config: input.config, demand });
    }
    case 'reported':
      return judgeReport(anomaly, input.nowMs, input.config);
    case 'logs':
    case 'other':
      return judgeByItsDetector(anomaly, input.nowMs, input.config);
  }
}

/**
 * Silence was the symptom, so silence that goes on is the symptom going on, provided that others are heard. An instance
 * that no longer exists is judged by its service.
 */
function judgeAbsence(
  question: CallQuestion,
  { scope, seriesKey: key }: Anomaly,
  input: VerificationInput,
  times: VerificationTimes,
): Judged {
  const ref = parseSeriesKey(key);
  const instance = ref?.kind === 'absence' ? ref.instance : (scope.resourceId ?? '');
  const one = instance !== '' && isPresent(instance, scope.service, input, times) ? instance : null;
  const alive = signsOfLife(scope.service, input);
  const hasPast = question.rows.some(({ atMs }) => atMs < times.before.toMs);
  const heard = hasPast || alive.length === 0 ? question.rows : alive;
  const rows = one === null ? heard : heard.filter((row) => row.instance === one);
  const judged = judgeRate({ ...question, rows }, one === null ? restoredShare : restoredInstanceShare);
  if (judged.ok !== null || judged.samples > 0) return judged;
  const everything = newestWindow([...input.calls, ...input.metrics], times, input.config);
  if (everything === null) return judged;
  return { ...judged, ok: false, freshSeconds: freshSeconds(everything) };
}

function isPresent(
  instance: string,
  service: string,
  input: VerificationInput,
  times: VerificationTimes,
): boolean {
  const target = input.targets?.find((one) => one.target.service === service);
  const listed = target?.replicas.find(({ id }) => id === instance);
  if (listed !== undefined) return listed.state !== 'exited';
  return input.metrics.some(
    (row) =>
      row.service === service && row.instance === instance && row.atMs >= (times.effectAtMs ?? times.onsetMs),
  );
}

/** A service without calls of its own is heard through what its processes report about themselves. */
function signsOfLife(service: string, { metrics }: VerificationInput): readonly CallBucket[] {
  return metrics
    .filter((row) => row.service === service && !isReportedFromOutside(row.metric))
    .map(({ atMs, instance }) => ({ ...emptyCall, atMs, service, instance, count: 1 }));
}

const emptyCall: CallBucket = {
  atMs: 0,
  service: '',
  instance: '',
  side: 'server',
  peer: '',
  count: 0,
  errors: 0,
  ownErrors: 0,
  latencyP50Ms: 0,
  latencyP95Ms: 0,
  selfTimeP50Ms: 0,
};

/** The service's server side, or the edge that the anomaly is about. */
function callRows({ seriesKey: key, scope }: Anomaly, calls: readonly CallBucket[]): readonly CallBucket[] {
  const ref = parseSeriesKey(key);
  if (ref?.kind === 'calls' && ref.side === 'client') {
    return calls.filter(
      (row) => row.side === 'client' && row.service === ref.service && row.peer === ref.peer,
    );
  }
  return serverRows(scope.service, calls);
}

export function serverRows(service: string, calls: readonly CallBucket[]): readonly CallBucket[] {
  return calls.filter((row) => row.side === 'server' && row.service === service);
}

/** Errors, latency and rate of the target and of its entries, where there was a past to compare with. */
export function judgeHealth(input: VerificationInput, times: VerificationTimes): readonly Judged[] {
  const environment = input.anomalies[0]?.scope.environment ?? '';
  const { targetService, calls } = input;
  const frozen = frozenBySeries(input.anomalies);
  return [...new Set([targetService, ...entriesOf(input)])].flatMap((service) => {
    const rows = serverRows(service, calls);
    const known = rows.filter(({ atMs }) => atMs >= times.before.fromMs && atMs < times.before.toMs);
    if (known.reduce((sum, { count }) => sum + count, 0) < speakingRequests) return [];
    const ask = (measure: CallMeasure): CallQuestion => {
      const key = seriesKey({ kind: 'calls', environment, service, side: 'server', peer: '', measure });
      const what = `${healthWords[measure]} of ${service}`;
      return { seriesKey: key, what, rows, times, config: input.config, normal: frozen.get(key) ?? null };
    };
    return [
      judgeErrors(ask('errors'), 'health'),
      judgeLatency(ask('latency-p50'), 'latency-p50', 'health'),
      judgeLatency(ask('latency-p95'), 'latency-p95', 'health'),
      judgeRateHealth(service, ask('traffic'), input) ?? [],
    ].flat();
  });
}

const healthWords: Readonly<Record<CallMeasure, string>> = {
  errors: 'errors',
  'latency-p50': 'latency',
  'latency-p95': 'latency',
  traffic: 'calls',
};

/** What detectors expected of the series that the incident knows; of several, the one found first. */
function frozenBySeries(anomalies: readonly Anomaly[]): ReadonlyMap<string, Normal> {
  const found = new Map<string, Normal>();
  for (const anomaly of anomalies.toSorted((a, b) => a.onsetMs - b.onsetMs)) {
    const normal = frozenNormal(anomaly);
    if (normal !== null && !found.has(anomaly.seriesKey)) found.set(anomaly.seriesKey, normal);
  }
  return found;
}

/** Where users come in on their way to the target or to a service that showed a symptom. */
function entriesOf({ edges, calls, targetService, anomalies }: VerificationInput): readonly string[] {
  const serving = new Set(calls.filter(({ side }) => side === 'server').map(({ service }) => service));
  const concerned = [targetService, ...anomalies.map(({ scope }) => scope.service)];
  const found = new Set(concerned);
  const open = [...found];
  for (let service = open.pop(); service !== undefined; service = open.pop()) {
    for (const { caller, callee } of edges) {
      if (callee !== service || found.has(caller) || !serving.has(caller)) continue;
      found.add(caller);
      open.push(caller);
    }
  }
  const called = new Set(edges.filter(({ caller }) => serving.has(caller)).map(({ callee }) => callee));
  return [...found].filter((service) => serving.has(service) && !called.has(service)).sort();
}
