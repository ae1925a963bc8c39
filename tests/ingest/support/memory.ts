// In-memory stores that behave as the ports promise, and can be told to fail.

import type { CorrelationConfig } from '../../../domain/correlation/correlate.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { Learnt } from '../../../domain/detection/learnt/learnt.ts';
import type { Budget } from '../../../domain/detection/watch/budget-watch.ts';
import type { ChangeEvent } from '../../../domain/observation.ts';
import { type RememberedAlert, settleReports } from '../../../ingest/events/occurrences.ts';
import type { Position, Replay, ReplayClaim, ReplayClaims } from '../../../ingest/kafka/ports.ts';
import type {
  Assignment,
  Authorize,
  Episodes,
  HistoryRange,
  HistoryRows,
  HistoryWriter,
  Inbox,
  InboxItem,
  IncidentStarter,
  LearntStore,
  Logger,
  Metrics,
  Sender,
  TakenItem,
  WarmHistory,
} from '../../../ingest/ports.ts';
import {
  type OwnOfSources,
  ownOfSources,
  type SourceSettings,
  sourceSettings,
} from '../../../ingest/sources/index.ts';
import type { AnomalyNews } from '../../../workflows/messages.ts';

export class Down extends Error {
  override readonly name = 'Down';
}

export class MemoryClock {
  current = 0;
  constructor(startMs: number) {
    this.current = startMs;
  }
  nowMs(): number {
    return this.current;
  }
}

type Stored = {
  readonly item: InboxItem;
  status: 'pending' | 'done' | 'dead';
  availableMs: number;
  attempts: number;
  reason: string;
};

export class MemoryInbox implements Inbox {
  readonly stored = new Map<string, Stored>();
  down = false;
  readonly #clock: MemoryClock;
  #alerts: ReadonlyMap<string, RememberedAlert> = new Map();
  constructor(clock: MemoryClock) {
    this.#clock = clock;
  }

  async put(items: readonly InboxItem[]): Promise<number> {
    this.#check();
    const settled = settleReports(items, this.#alerts, this.#clock.nowMs());
    this.#alerts = settled.alerts;
    const before = this.stored.size;
    for (const item of settled.items) {
      if (this.stored.has(item.id)) continue;
      this.stored.set(item.id, { item, status: 'pending', availableMs: 0, attempts: 0, reason: '' });
    }
    return this.stored.size - before;
  }
  async take(limit: number, leaseMs: number, leftOut: Iterable<string> = []): Promise<readonly TakenItem[]> {
    this.#check();
    const out = new Set(leftOut);
    const free = [...this.stored.values()].filter(
      ({ item, status, availableMs }) =>
        status === 'pending' &&
        availableMs <= this.#clock.nowMs() &&
        !out.has(item.kind === 'change' ? item.change.service : item.anomaly.scope.service),
    );
    return free.slice(0, limit).map((stored) => {
      stored.availableMs = this.#clock.nowMs() + leaseMs;
      stored.attempts += 1;
      return { ...stored.item, attempts: stored.attempts };
    });
  }
  async done(...ids: readonly string[]): Promise<void> {
    this.#check();
    for (const id of ids) this.#get(id).status = 'done';
  }
  async ignored(ids: readonly string[], reason: string): Promise<void> {
    await this.done(...ids);
    for (const id of ids) this.#get(id).reason = reason;
  }
  async failed(ids: readonly string[], reason: string, retryAtMs: number | null): Promise<void> {
    this.#check();
    for (const id of ids) {
      const stored = this.#get(id);
      stored.reason = reason;
      if (retryAtMs === null) stored.status = 'dead';
      else stored.availableMs = retryAtMs;
    }
  }
  statuses(): Record<string, string> {
    return Object.fromEntries([...this.stored].map(([id, { status }]) => [id, status]));
  }
  get pending(): number {
    return [...this.stored.values()].filter(({ status }) => status === 'pending').length;
  }
  #get(id: string): Stored {
    const stored = this.stored.get(id);
    if (stored === undefined) throw new Error(`no item ${id}`);
    return stored;
  }
  #check(): void {
    if (this.down) throw new Down('the inbox is down');
  }
}

/** As Postgres keeps them: the first record that is taken for a replay is the one that counts. */
export class MemoryReplays implements ReplayClaims {
  /** What was replayed, by place and failures; the record that was taken for it. */
  readonly begun = new Map<string, string | null>();

  async claim({ of, failures }: Replay, at: Position & { readonly offset: bigint }): Promise<ReplayClaim> {
    const key = `${of.topic}/${of.partition}/${of.offset}/${failures}`;
    const taken = this.begun.get(key);
    if (taken === undefined) return 'unknown';
    const place = `${at.partition}/${at.offset}`;
    if (taken === null) this.begun.set(key, place);
    return (taken ?? place) === place ? 'take' : 'ignore';
  }
}

/** One episode per service; an anomaly id always finds the incident it was first given. */
export class MemoryEpisodes implements Episodes {
  readonly open = new Map<string, string>();
  readonly assigned = new Map<string, string>();
  readonly changes = new Map<string, ChangeEvent>();
  readonly edges = new Set<string>();
  readonly abandoned: string[] = [];
  down = false;
  /** Called with every anomaly of a batch; throws to fail the batch. */
  before: (anomalyId: string) => void = () => {};
  transactions = 0;
  #next = 1;

  async assignAll(anomalies: readonly Anomaly[], config: CorrelationConfig): Promise<readonly Assignment[]> {
    this.#check();
    this.transactions += 1;
    for (const { id } of anomalies) this.before(id);
    return Promise.all(anomalies.map((anomaly) => this.assign(anomaly, config)));
  }
  async assign(anomaly: Anomaly, _config: CorrelationConfig): Promise<Assignment> {
    this.#check();
    const { environment, service } = anomaly.scope;
    const key = `${environment}/${service}`;
    const known = this.assigned.get(anomaly.id);
    let incidentId = known ?? this.open.get(key);
    if (incidentId === undefined) {
      if (anomaly.state === 'cleared') return { kind: 'ignored', reason: 'nothing open' };
      incidentId = `incident/${service}/${this.#next}`;
      this.#next += 1;
      this.open.set(key, incidentId);
    }
    this.assigned.set(anomaly.id, incidentId);
    const { scope, severity, summary: title } = anomaly;
    return { kind: 'incident', input: { incidentId, fingerprint: key, episode: 1, scope, severity, title } };
  }
  async abandon(incidentId: string): Promise<void> {
    this.#check();
    this.abandoned.push(incidentId);
    for (const map of [this.open, this.assigned]) {
      for (const [key, id] of map) if (id === incidentId) map.delete(key);
    }
  }
  async rememberEdges(
    environment: string,
    edges: readonly { caller: string; callee: string }[],
  ): Promise<void> {
    this.#check();
    for (const { caller, callee } of edges) this.edges.add(`${environment}: ${caller} → ${callee}`);
  }
  async rememberChange(change: ChangeEvent): Promise<void> {
    this.#check();
    this.changes.set(change.id, change);
  }
  #check(): void {
    if (this.down) throw new Down('the episode store is down');
  }
}

/** Incidents with the anomalies they heard of; an id counts once, as in the workflow. */
export class MemoryStarter implements IncidentStarter {
  readonly incidents = new Map<string, { observed: Set<string>; cleared: Set<string> }>();
  readonly closed = new Set<string>();
  readonly told: AnomalyNews[] = [];
  signals = 0;
  /** Called with every signal, before it counts; throws to fail it. */
  before: (anomalyId: string) => void = () => {};

  async tell(
    { incidentId }: { incidentId: string },
    news: readonly AnomalyNews[],
  ): Promise<'signalled' | 'closed'> {
    const idOf = (one: AnomalyNews): string => (one.kind === 'observed' ? one.anomaly.id : one.anomalyId);
    for (const one of news) this.before(idOf(one));
    if (this.closed.has(incidentId)) return 'closed';
    for (const one of news) this.#incident(incidentId)[one.kind].add(idOf(one));
    this.told.push(...news);
    this.signals += 1;
    return 'signalled';
  }
  #incident(id: string) {
    const existing = this.incidents.get(id) ?? { observed: new Set<string>(), cleared: new Set<string>() };
    this.incidents.set(id, existing);
    return existing;
  }
}

export class MemoryLearnt implements LearntStore {
  readonly states = new Map<string, Learnt>();
  budgets: readonly Budget[] = [];
  /** Services that were asked for. */
  readonly asked: string[] = [];
  down = false;

  async keep(learnt: readonly Learnt[], budgets: readonly Budget[]): Promise<void> {
    if (this.down) throw new Down('the store is down');
    const names = learnt.map((one) => JSON.stringify([one.environment, one.service, one.key]));
    if (new Set(names).size < names.length) throw new Error('one thing twice in a statement');
    for (const one of learnt) {
      const key = JSON.stringify([one.environment, one.service, one.key]);
      if ((this.states.get(key)?.untilMs ?? 0) <= one.untilMs) this.states.set(key, one);
    }
    this.budgets = budgets;
  }

  async recall(environment: string, services: readonly string[]): Promise<readonly Learnt[]> {
    this.asked.push(...services);
    const all = await this.recallAll();
    return all.filter((one) => one.environment === environment && services.includes(one.service));
  }

  async recallAll(): Promise<readonly Learnt[]> {
    if (this.down) throw new Down('the store is down');
    return [...this.states.values()];
  }
}

export class MemoryHistory implements HistoryWriter, WarmHistory {
  readonly rows: HistoryRows[] = [];
  down = false;
  /** Writes end when this does. */
  slow: Promise<void> | null = null;
  writes = 0;
  async write(rows: HistoryRows): Promise<void> {
    this.writes += 1;
    if (this.slow !== null) await this.slow;
    if (this.down) throw new Down('history is down');
    this.rows.push(rows);
  }
  async environments(): Promise<readonly string[]> {
    if (this.down) throw new Down('history is down');
    return [...new Set(this.rows.map(({ environment }) => environment))];
  }
  async calls(range: HistoryRange, services?: readonly string[]) {
    return this.#within(
      range,
      this.rows.flatMap((rows) => (rows.environment === range.environment ? rows.calls : [])),
      services,
    );
  }
  async metrics(range: HistoryRange, services?: readonly string[]) {
    return this.#within(
      range,
      this.rows.flatMap((rows) => (rows.environment === range.environment ? rows.metrics : [])),
      services,
    );
  }
  async logs(range: HistoryRange, services?: readonly string[]) {
    return this.#within(
      range,
      this.rows.flatMap((rows) => (rows.environment === range.environment ? rows.logs : [])),
      services,
    );
  }
  #within<T extends { readonly atMs: number; readonly service: string }>(
    { fromMs, toMs }: HistoryRange,
    rows: readonly T[],
    services: readonly string[] | undefined,
  ): T[] {
    return rows.filter(
      ({ atMs, service }) => atMs >= fromMs && atMs < toMs && (services?.includes(service) ?? true),
    );
  }
}

export class MemoryMetrics implements Metrics {
  readonly counts = new Map<string, number>();
  readonly gauges = new Map<string, number>();
  count(name: string, labels: Readonly<Record<string, string>>, value = 1): void {
    const key = `${name}{${Object.values(labels).join(',')}}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + value);
  }
  observe(): void {}
  gauge(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    this.gauges.set(`${name}{${Object.values(labels).join(',')}}`, value);
  }
}

/** Settings of the sources as by default. */
export const defaultSettings = Object.fromEntries(
  Object.entries(sourceSettings).map(([name, schema]) => [name, schema.parse(undefined)]),
) as SourceSettings;

export const alertmanagerLabels = defaultSettings.alertmanager;

/** Sources as by default, with the secrets that a test has, by variable. */
export function defaultSources(secrets: Readonly<Record<string, string>> = {}): OwnOfSources {
  return ownOfSources(defaultSettings, (variable) => secrets[variable] ?? null);
}

export const silentLog: Logger = { info: () => {}, warn: () => {}, error: () => {} };

const vouched: Sender = { id: 'key:ci', vouched: true };

/** Telemetry is taken from anybody, as on a plain local start. */
export const openAuthorize: Authorize = async (request, permission, address) => {
  if (new URL(request.url).pathname.includes('/v1/') && !request.url.includes('/api/')) {
    return { allowed: true, actor: 'anonymous', sender: { id: `address:${address}`, vouched: true } };
  }
  return authorize(request, permission, address);
};

export const authorize: Authorize = async (request) => {
  const key = request.headers.get('authorization');
  if (key === 'Bearer good') return { allowed: true, actor: 'ci', sender: vouched };
  if (key === 'Bearer weak') return { allowed: false, reason: 'forbidden', detail: 'the key may not write' };
  return { allowed: false, reason: 'unauthenticated', detail: 'a bearer key is needed' };
};

export function anomaly(id: string, fields: Partial<Anomaly> = {}): Anomaly {
  return {
    id,
    state: 'firing',
    detector: 'error-ratio',
    signal: 'errors',
    scope: { environment: 'prod', service: 'orders' },
    seriesKey: 'calls/prod/orders/server//errors',
    metric: 'errors',
    direction: 'up',
    onsetMs: 1_000,
    detectedMs: 2_000,
    expected: 0,
    seen: 0.4,
    score: 50,
    confidence: 0.9,
    severity: 'critical',
    summary: 'orders fails 40 % of calls',
    ...fields,
  };
}
