// The memory of incidents as its users see it: what an incident was like, and how it ended, found again by likeness. A memory informs
// people and models; nothing is done because of it.

import type { Common } from '../alerts/common.ts';
import type { Cause } from '../diagnosis/causes.ts';
import type { IncidentOutcome } from '../incident/status.ts';

export type Vector = readonly number[];

/** Turns texts into vectors whose cosine says how alike the texts are. Throws when it cannot. */
export interface Embedder {
  /** Names the space of its vectors: those of two spaces cannot be compared. */
  readonly space: string;
  embed(texts: readonly string[]): Promise<readonly Vector[]>;
}

export type RememberedEnd = {
  readonly outcome: IncidentOutcome;
  readonly atMs: number;
  readonly cause: { readonly cause: Cause; readonly service: string } | null;
  /** Names and numbers only. */
  readonly tried: readonly { readonly tried: string; readonly cameOf: string }[];
};

export type RememberedIncident = {
  readonly incidentId: string;
  readonly environment: string;
  readonly service: string;
  /** One clean line; text from outside. */
  readonly title: string;
  /** What vectors are made of. */
  readonly description: string;
  readonly common: Common;
  readonly openedAtMs: number;
  /** Null while it is open. */
  readonly end: RememberedEnd | null;
};

export type Memory = { readonly incident: RememberedIncident; readonly vector: Vector };

export type MemoryQuestion = {
  readonly environment: string;
  readonly vector: Vector;
  readonly is: 'open' | 'ended';
  /** Only of this service. */
  readonly service?: string;
  /** Cosine; whether exactly this one counts is the store's. */
  readonly minSimilarity: number;
  /** Opened since then. */
  readonly sinceMs: number;
  readonly limit: number;
};

export type Recalled = { readonly similarity: number; readonly incident: RememberedIncident };

/** One for each space of vectors. Every method throws `MemoryUnavailable` when the store does not answer or cannot be used. */
export interface IncidentMemory {
  /** Names store and space, for the record of what is in it. */
  readonly name: string;
  /** The same incident again replaces what is known of it, but what has ended stays ended. All vectors have one length. */
  remember(memories: readonly Memory[]): Promise<void>;
  /** The most alike first. */
  recall(question: MemoryQuestion): Promise<readonly Recalled[]>;
  /** Forgets what was opened before. */
  forget(beforeMs: number): Promise<void>;
  close(): Promise<void>;
}

export class MemoryUnavailable extends Error {
  override readonly name = 'MemoryUnavailable';
}
