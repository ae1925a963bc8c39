// The way of telemetry, in one function: decode ▶ detect ▶ inbox(anomalies) ▶ history ▶ acknowledge.

import type { DetectionEngine } from '../domain/detection/engine.ts';
import type { DetectionOutput } from '../domain/detection/output.ts';
import type { IdentityRules } from '../domain/identity.ts';
import type { TelemetryObservation } from '../domain/observation.ts';
import { reaches } from '../domain/policy/reach.ts';
import type { Scope } from '../domain/scope.ts';
import type { Delivery } from './delivery.ts';
import type { IngestLimits } from './limits.ts';
import type { Notes } from './notes.ts';
import { type Decoded, decodeOtlp, type OtlpEncoding, type OtlpSignal } from './otlp/decode.ts';
import type { Tally } from './otlp/tally.ts';
import type { Clock, Metrics, Sender } from './ports.ts';
import { createVouching } from './vouching.ts';

/** Detection as the pipeline needs it (see domain/detection/engine.ts). Points seen before change nothing. */
export type Detection = Pick<DetectionEngine, 'observe' | 'tick' | 'setBack' | 'flush'>;

/** Not durable: the sender should send the same again. */
type Retry = { readonly kind: 'retry'; readonly missing: 'inbox' | 'history' };
export type Acknowledgement = { readonly kind: 'stored'; readonly tally: Tally } | Retry;
export type Handed = { readonly kind: 'stored' } | Retry;
/** `signal`: one of OTLP's, or the name of another protocol. */
export type DecodedRequest = { readonly signal: string; readonly decoded: Decoded };

export type Pipeline = {
  /** Throws `Malformed` or `TooMany` when the body is not an OTLP request; nothing was taken then. */
  accept(
    signal: OtlpSignal,
    encoding: OtlpEncoding,
    body: Uint8Array,
    sender: Sender,
  ): Promise<Acknowledgement>;
  /** The same for requests of one sender that are decoded already, received at `nowMs`. What is rejected goes to their tallies. */
  receive(requests: readonly DecodedRequest[], sender: Sender, nowMs: number): Promise<Handed>;
  /** The same for observations that are decoded already, received at `nowMs`. None: tries again what is waiting. */
  take(observations: readonly TelemetryObservation[], nowMs: number): Promise<Handed>;
  /** Lets detection know that it is `nowMs`, and says whether everything it ever found is durable. */
  pass(nowMs: number): Promise<Handed>;
  /** Lets detection know that time has passed; what it finds is in the inbox when this resolves. */
  tick(): Promise<void>;
  /** Writes the seconds that are still open. Nothing is taken afterwards. */
  flush(): Promise<void>;
  /** Resolves when the rows of past ticks are written or known to wait. */
  settle(): Promise<void>;
};

export type PipelineDeps = {
  readonly detection: Detection;
  readonly delivery: Delivery;
  readonly limits: IngestLimits;
  readonly defaultEnvironment: string;
  /** Which attributes say who a resource is. Default: the lists of domain/identity.ts. */
  readonly identity?: IdentityRules | undefined;
  /** Without, nobody notes what had no effect but the answer. */
  readonly notes?: Pick<Notes, 'refused' | 'resource'> | undefined;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Rebuilds detection from history after our clock was set back. Never throws. */
  readonly rewarm?: (() => Promise<void>) | undefined;
  /** Hears of every request how long it took, and how old the newest of what it brought is; for Sentinel's own lag. */
  readonly onTaken?: OnTaken | undefined;
  /**
   * Hears of each write of rows instead of whoever handed them on, who then does not wait for it; false: the rows wait for the next one.
   */
  readonly onRows?: ((stored: Promise<boolean>) => void) | undefined;
};

export type OnTaken = (tookMs: number, ageMs: number | null) => void;

export function createPipeline(deps: PipelineDeps): Pipeline {
  const {
    detection,
    delivery,
    limits,
    defaultEnvironment,
    identity,
    notes,
    clock,
    metrics,
    onTaken,
    onRows,
    rewarm,
  } = deps;
  let warming: Promise<void> | null = null;

  /** Before every use of detection: whoever comes while it is rebuilt waits for it, and goes on at the time it is then. */
  async function inTime(nowMs: number): Promise<number> {
    if (warming === null && detection.setBack(nowMs)) {
      metrics.count('sentinel_clock_set_back_total', {});
      warming = (rewarm?.() ?? Promise.resolve()).finally(() => {
        warming = null;
      });
    }
    if (warming === null) return nowMs;
    await warming;
    return clock.nowMs();
  }

  const vouching = createVouching();
  const marked = (findings: DetectionOutput, nowMs: number): DetectionOutput =>
    findings.anomalies.length === 0
      ? findings
      : { ...findings, anomalies: vouching.marked(findings.anomalies, nowMs) };

  async function accept(
    signal: OtlpSignal,
    encoding: OtlpEncoding,
    body: Uint8Array,
    sender: Sender,
  ): Promise<Acknowledgement> {
    const receivedMs = clock.nowMs();
    const startedMs = performance.now();
    const options = { limits, defaultEnvironment, identity, nowMs: receivedMs };
    const decoded = decodeOtlp(signal, encoding, body, options);
    const handed = await receive([{ signal, decoded }], sender, receivedMs, startedMs);
    return handed.kind === 'stored' ? { kind: 'stored', tally: decoded.tally } : handed;
  }

  async function receive(
    requests: readonly DecodedRequest[],
    sender: Sender,
    receivedMs: number,
    startedMs = performance.now(),
  ): Promise<Handed> {
    const nowMs = await inTime(receivedMs);
    const reached = requests.map(({ decoded }) => withinReach(decoded.observations, sender, decoded.tally));
    const observations = reached.length === 1 ? (reached[0] ?? []) : reached.flat();
    if (!sender.vouched) vouching.unvouched(scopesOf(observations), nowMs);
    const findings = marked(detection.observe(observations, nowMs, sender.id), nowMs);
    for (const { reason, count, first } of findings.refused ?? []) {
      const bearer = requests.find(({ signal }) => signal === signalOf(first)) ?? requests[0];
      bearer?.decoded.tally.reject(reason, nameOf(first), first.scope, count);
    }
    for (const [index, { signal, decoded }] of requests.entries()) {
      note(signal, decoded, sender, nowMs);
      countDecoded(metrics, signal, reached[index]?.length ?? 0, decoded.tally);
    }
    const handed = await handOn(findings);
    onTaken?.(performance.now() - startedMs, ageOf(observations, nowMs));
    return handed;
  }

  function note(signal: string, { tally, resources }: Decoded, { id, reach }: Sender, atMs: number): void {
    for (const { count: records, reason, environment, service, example } of tally.places.values())
      notes?.refused({ signal, reason, environment, service, records, example, atMs });
    for (const resource of resources)
      if (reach === undefined || reaches(reach, resource.environment, resource.service))
        notes?.resource(resource, id);
  }

  async function take(observations: readonly TelemetryObservation[], receivedMs: number): Promise<Handed> {
    const startedMs = performance.now();
    const nowMs = await inTime(receivedMs);
    const handed = await handOn(marked(detection.observe(observations, nowMs), nowMs));
    onTaken?.(performance.now() - startedMs, ageOf(observations, nowMs));
    return handed;
  }
  async function pass(passedMs: number): Promise<Handed> {
    const nowMs = await inTime(passedMs);
    return handOn(marked(detection.tick(nowMs), nowMs));
  }

  async function handOn(findings: DetectionOutput): Promise<Handed> {
    countDropped(metrics, findings);
    await delivery.edges(findings);
    const inInbox = await delivery.anomalies(findings);
    // The rows must not be forgotten with a failed request.
    const rows = delivery.rows(findings);
    onRows?.(inInbox ? rows : rows.then(() => false));
    const inHistory = onRows !== undefined || (await rows);
    if (!inInbox) return { kind: 'retry', missing: 'inbox' };
    return inHistory ? { kind: 'stored' } : { kind: 'retry', missing: 'history' };
  }

  const writing = new Set<Promise<unknown>>();

  async function tick(): Promise<void> {
    const nowMs = await inTime(clock.nowMs());
    const findings = marked(detection.tick(nowMs), nowMs);
    countDropped(metrics, findings);
    await delivery.edges(findings);
    await delivery.anomalies(findings);
    // Nobody waits for these rows to be acknowledged, and a slow history must not hold up the next tick.
    const write = delivery.rows(findings).finally(() => writing.delete(write));
    writing.add(write);
    const waiting = delivery.waiting();
    metrics.gauge('sentinel_history_rows_waiting', {}, waiting.rows);
    metrics.gauge('sentinel_ingest_anomalies_waiting', {}, waiting.anomalies);
  }

  const settle = async (): Promise<void> => {
    await Promise.allSettled(writing);
  };

  async function flush(): Promise<void> {
    const findings = detection.flush();
    countDropped(metrics, findings);
    await delivery.rows(findings);
  }

  return { accept, receive, take, pass, tick, flush, settle };
}

/** What the sender's key may speak about; the rest is rejected. */
function withinReach(
  observations: readonly TelemetryObservation[],
  { reach }: Sender,
  tally: Tally,
): readonly TelemetryObservation[] {
  if (reach === undefined) return observations;
  return observations.filter((observation) => {
    const { environment, service } = observation.scope;
    const within = reaches(reach, environment, service);
    if (!within) tally.reject('out-of-reach', nameOf(observation), observation.scope);
    return within;
  });
}

function scopesOf(observations: readonly TelemetryObservation[]): Set<Scope> {
  return new Set(observations.map(({ scope }) => scope));
}

function signalOf({ kind }: TelemetryObservation): OtlpSignal {
  if (kind === 'span') return 'traces';
  return kind === 'log' ? 'logs' : 'metrics';
}

/** What was observed, for people. Names are clean text since they were decoded. */
function nameOf(observation: TelemetryObservation): string {
  switch (observation.kind) {
    case 'span':
      return `a span of ${observation.scope.service}`;
    case 'log':
      return `a log record of ${observation.scope.service}`;
    default:
      return `metric ${observation.metric}`;
  }
}

/** Age of the newest observation; null when there is none. */
function ageOf(observations: readonly TelemetryObservation[], nowMs: number): number | null {
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const one of observations) {
    const atMs = one.kind === 'span' ? one.startMs + one.durationMs : one.atMs;
    if (atMs > newestMs) newestMs = atMs;
  }
  return Number.isFinite(newestMs) ? Math.max(0, nowMs - newestMs) : null;
}

function countDecoded(metrics: Metrics, signal: string, taken: number, tally: Tally): void {
  metrics.count('sentinel_ingest_observations_total', { signal }, taken);
  for (const [reason, count] of tally.reasons)
    metrics.count('sentinel_ingest_rejected_total', { signal, reason }, count);
  for (const [note, count] of tally.notes)
    metrics.count('sentinel_ingest_adjusted_total', { signal, note }, count);
}

function countDropped(metrics: Metrics, { dropped }: DetectionOutput): void {
  for (const [reason, count] of Object.entries(dropped))
    metrics.count('sentinel_detection_dropped_total', { reason }, count);
}
