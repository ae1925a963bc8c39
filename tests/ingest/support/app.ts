// The ingest app over in-memory stores, with a detection that finds what a test tells it to.

import type { DetectionOutput } from '../../../domain/detection/output.ts';
import type { Observation } from '../../../domain/observation.ts';
import { createDelivery } from '../../../ingest/delivery.ts';
import { eventSchemas } from '../../../ingest/events/schema.ts';
import { createIngestApp, type IngestApp } from '../../../ingest/http.ts';
import { defaultLimits, type IngestLimits } from '../../../ingest/limits.ts';
import { createMappings } from '../../../ingest/mapping/mappings.ts';
import type { Notes } from '../../../ingest/notes.ts';
import { createPipeline, type Detection, type Pipeline } from '../../../ingest/pipeline.ts';
import type { Authorize, HistoryWriter, Logger, ReadRemote } from '../../../ingest/ports.ts';
import type { OwnOfSources } from '../../../ingest/sources/index.ts';
import {
  defaultSources,
  MemoryClock,
  MemoryEpisodes,
  MemoryHistory,
  MemoryInbox,
  MemoryMetrics,
  openAuthorize,
  silentLog,
} from './memory.ts';
import { nowMs } from './otlp.ts';

export const nothingFound: DetectionOutput = { rows: [], anomalies: [], edges: [], dropped: {} };

/** However slow the machine is. */
const mappings = createMappings({ timeoutMs: 60_000, longestMs: 60_000 });

export type TestAppOptions = {
  readonly authorize?: Authorize;
  readonly sources?: OwnOfSources;
  readonly allowedOrigins?: readonly string[];
  readonly limits?: Partial<IngestLimits>;
  /** In place of one that finds what the test says, and of rows in memory. */
  readonly detection?: Detection;
  readonly history?: HistoryWriter;
  readonly notes?: Pick<Notes, 'refused' | 'resource'>;
  readonly log?: Logger;
  /** In place of counting. */
  readonly wake?: () => void;
  /** Default: nothing is there. */
  readonly readRemote?: ReadRemote;
};

export class TestApp {
  readonly clock = new MemoryClock(nowMs);
  readonly inbox = new MemoryInbox(this.clock);
  readonly episodes = new MemoryEpisodes();
  readonly history = new MemoryHistory();
  readonly metrics = new MemoryMetrics();
  readonly observed: Observation[] = [];
  /** What detection finds with the next request; once. */
  next: DetectionOutput = nothingFound;
  wakes = 0;
  readonly app: IngestApp;
  readonly pipeline: Pipeline;

  constructor(options: TestAppOptions = {}) {
    const { clock, inbox, episodes, metrics } = this;
    const history = options.history ?? this.history;
    const limits = { ...defaultLimits, ...options.limits };
    const wake = (): void => {
      this.wakes += 1;
    };
    const bounds = { maxWaitingRows: 1_000, maxWaitingAnomalies: 100 };
    const delivery = createDelivery({ inbox, episodes, history, metrics, log: silentLog, wake, ...bounds });
    const find = (): DetectionOutput => {
      const found = this.next;
      this.next = nothingFound;
      return found;
    };
    const detection = options.detection ?? {
      observe: (observations: readonly Observation[]) => {
        this.observed.push(...observations);
        return find();
      },
      tick: find,
      setBack: () => false,
      flush: () => nothingFound,
    };
    this.pipeline = createPipeline({
      detection,
      delivery,
      limits,
      defaultEnvironment: 'default-env',
      notes: options.notes,
      clock,
      metrics,
    });
    let ids = 0;
    this.app = createIngestApp({
      pipeline: this.pipeline,
      inbox,
      authorize: options.authorize ?? openAuthorize,
      allowedOrigins: options.allowedOrigins,
      schemas: eventSchemas(limits),
      sources: options.sources ?? defaultSources(),
      limits,
      defaultEnvironment: 'default-env',
      clock,
      newId: () => {
        ids += 1;
        return `fresh-${ids}`;
      },
      mappings,
      readRemote: options.readRemote ?? (async () => ({ status: 404, text: '' })),
      metrics,
      log: options.log ?? silentLog,
      wake: options.wake ?? wake,
    });
  }

  async post(
    path: string,
    body: Uint8Array | string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Response> {
    const bytes = typeof body === 'string' ? new Uint8Array(Buffer.from(body)) : new Uint8Array(body);
    return await this.app.request(path, { method: 'POST', body: bytes, headers });
  }
}
