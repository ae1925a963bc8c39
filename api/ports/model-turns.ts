// Calls to a language model, as they were recorded.

import type { Dropped } from '../../domain/diagnosis/opinion.ts';

/** One call to a language model: what was asked, what came back, what of it was dropped, what it cost. */
export type ModelTurnRecord = {
  readonly attempt: number;
  readonly turn: number;
  /** More than one: a process ended while it was asked. */
  readonly tries: number;
  readonly provider: string;
  readonly model: string;
  readonly system: string;
  readonly prompt: string;
  /** SHA-256 of both, with an empty line between them; and of the output. */
  readonly promptHash: string;
  readonly outputHash: string | null;
  /** Null while it is under way. */
  readonly outcome: string | null;
  readonly reason: string;
  readonly output: string | null;
  readonly dropped: readonly Dropped[];
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** What counts against the budgets. */
  readonly usd: number;
  readonly latencyMs: number | null;
  readonly askedAtMs: number;
  readonly answeredAtMs: number | null;
};

export interface ModelTurnReader {
  /** In the order they were asked; empty when no model was. */
  turnsOf(incidentId: string): Promise<readonly ModelTurnRecord[]>;
}
