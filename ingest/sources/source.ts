// What a source states of itself. Router, limits, errors, configuration and documentation follow from it.

import type { z } from 'zod';
import type { IngestAppDeps } from '../http/deps.ts';

/** Whose limits a request counts for: telemetry and events are counted apart, so that neither crowds out the other. */
export type LimitClass = 'telemetry' | 'events';

/** One path that senders post to. */
export type Way<Settings = unknown> = {
  readonly path: string;
  /** What it takes, for the documentation. */
  readonly takes: string;
  /** Answers one request. Never throws. `address` is where it came from. */
  readonly handle: (
    request: Request,
    deps: IngestAppDeps,
    address: string,
    settings: Settings,
  ) => Promise<Response>;
};

/** `Schema`: of its settings, `ingest.<name>` in the configuration; null when there is nothing to set. */
export type Source<Schema extends z.ZodType | null = null> = {
  readonly settings: Schema;
  readonly limits: LimitClass;
  /** Whatever is posted below these is meant for it, also when it is misspelt: it is told the right path. */
  readonly below: readonly string[];
  readonly ways: readonly Way<Schema extends z.ZodType ? z.output<Schema> : null>[];
};
