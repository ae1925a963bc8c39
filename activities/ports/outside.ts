// Systems that hold what Sentinel does not copy, asked for it when an incident is diagnosed.

import type { OutsideView } from '../../domain/diagnosis/outside.ts';

export type OutsideQuestion = {
  readonly environment: string;
  /** The incident's own first. */
  readonly services: readonly string[];
  readonly onsetMs: number;
  readonly fromMs: number;
  readonly toMs: number;
};

export interface OutsideSource {
  /** As in configuration: `loki/main`. */
  readonly name: string;
  readonly environments: readonly string[];
  /** Bounded, and without secrets. Throws when it cannot be asked. */
  look(question: OutsideQuestion, signal: AbortSignal): Promise<Omit<OutsideView, 'from'>>;
}
