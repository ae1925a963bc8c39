// What the routes need.

import type { EventSchemas } from '../events/schema.ts';
import type { IngestLimits } from '../limits.ts';
import type { Mappings } from '../mapping/mappings.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Authorize, Clock, Inbox, Logger, Metrics, ReadRemote } from '../ports.ts';
import type { BodyReader } from './body.ts';

/** The text at the address; null: there is none. Throws `Refused` (try again) when nobody answers. */
export type Documents = { read(url: string): Promise<string | null> };

export type IngestAppDeps = {
  readonly pipeline: Pick<Pipeline, 'accept' | 'receive'>;
  readonly inbox: Pick<Inbox, 'put'>;
  readonly authorize: Authorize;
  /** Origins of pages that may send telemetry themselves. Default none. */
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly schemas: EventSchemas;
  readonly limits: IngestLimits;
  readonly readBody: BodyReader;
  readonly readRemote: ReadRemote;
  /** The same, of what seldom changes: kept for a while. */
  readonly documents: Documents;
  readonly mappings: Mappings;
  readonly defaultEnvironment: string;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Tells the dispatcher that the inbox has something new. */
  readonly wake: () => void;
};
