// What a source states of itself. Router, limits, errors, configuration, secrets and documentation follow from it.

import type { z } from 'zod';
import type { IngestAppDeps } from '../http/deps.ts';

/** Whose limits a request counts for: telemetry and events are counted apart, so that neither crowds out the other. */
export type LimitClass = 'telemetry' | 'events';

/** What a source was given: by the configuration, and by the environment. */
export type Own<Settings> = {
  readonly settings: Settings;
  /** The current one first; none: it has none, or its variable is not set. */
  readonly secrets: readonly string[];
  /** The same, of a variable that follows from its settings. */
  readonly secretsOf?: (variable: string) => readonly string[];
};

/** One path that senders post to. */
export type Way<Settings = unknown> = {
  readonly path: string;
  /** The gRPC method that takes the same, as its path: `/package.Service/Method`. */
  readonly rpc?: string;
  /** What it takes, for the documentation. */
  readonly takes: string;
  /** How a request proves who sent it, for the documentation. */
  readonly proof: string;
  /** Answers one request. Never throws. `address` is where it came from. */
  readonly handle: (
    request: Request,
    deps: IngestAppDeps,
    address: string,
    own: Own<Settings>,
  ) => Promise<Response>;
};

/** A variable of the environment, `VARIABLE` or `VARIABLE_FILE`, with one secret or several. */
export type SourceSecret = {
  readonly variable: string;
  readonly about: string;
  readonly wrongWith: (value: string) => string | null;
};

/** `Schema`: of its settings, `ingest.<name>` in the configuration; null when there is nothing to set. */
export type Source<Schema extends z.ZodType | null = null> = {
  readonly settings: Schema;
  /** What it checks signatures with. Without it, what only a signature proves is off. */
  readonly secret?: SourceSecret;
  /** Variables that follow from its settings. */
  readonly secretsFor?: (
    settings: Schema extends z.ZodType ? z.output<Schema> : null,
  ) => readonly SourceSecret[];
  readonly limits: LimitClass;
  /** Its senders log an answer as it is: also of telemetry it has to be text. */
  readonly answersInText?: true;
  /** Whatever is posted below these is meant for it, also when it is misspelt: it is told the right path. */
  readonly below: readonly string[];
  readonly ways: readonly Way<Schema extends z.ZodType ? z.output<Schema> : null>[];
};
