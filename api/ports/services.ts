// Services: who calls whom, as seen by everybody and as seen by the analysis of one incident.

import type { CallEdge } from '../../domain/diagnosis/input.ts';
import type { Reach } from '../../domain/policy/reach.ts';
import type { Page } from './page.ts';

/** The services around an incident as its latest analysis saw them. */
export type ServiceMap = {
  readonly services: readonly string[];
  readonly edges: readonly CallEdge[];
  /** Called, but never heard of by themselves. */
  readonly outside: readonly string[];
  /** What the incident's own plan may act on. */
  readonly blastSet: readonly string[];
};

export interface ServiceMaps {
  /** Null before the first analysis. */
  of(incidentId: string): Promise<ServiceMap | null>;
}

export type KnownService = {
  readonly environment: string;
  readonly service: string;
  readonly calls: readonly string[];
  readonly calledBy: readonly string[];
  readonly seenAtMs: number;
};

export interface ServiceReader {
  /** Services that called or were called, or had an incident; by environment and name. */
  list(
    environment: string | null,
    limit: number,
    cursor: string | null,
    reach?: Reach,
  ): Promise<Page<KnownService>>;
}
