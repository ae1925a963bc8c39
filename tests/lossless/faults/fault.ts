/** What a fault is given, and what it says. */
import type { Stage } from '../stage/stage.ts';

export interface FaultContext {
  readonly stage: Stage;
  /** Of the sender. */
  readonly logFile: string;
  /** From the seed. */
  readonly random: () => number;
}

/** `reached`: the point for which it is named was seen. */
export interface Outcome {
  readonly reached: boolean;
}

export type PlayFault = (context: FaultContext) => Promise<Outcome>;
