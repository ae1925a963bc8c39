// The way to the agents of other machines, as executors use it.

import type { AgentEffect, AgentQuestion, AgentSeen } from '../../domain/agent/line.ts';

export type AgentAnswer =
  | { readonly kind: 'answered'; readonly answer: unknown }
  /** No agent has taken the question, and none will. */
  | { readonly kind: 'never-taken'; readonly reason: string }
  /** An agent has it, or had it, and what came of it cannot be told. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface AgentLine {
  /**
   * Waits for the answer for so long, and takes the question back then, or when the signal aborts. Never rejects: a store that
   * fails meanwhile is waited out, and where nobody can tell what became of a question it is `lost`.
   */
  ask(
    host: string,
    question: AgentQuestion,
    waiting: {
      readonly withinMs: number;
      readonly signal?: AbortSignal | undefined;
      readonly effect?: AgentEffect | undefined;
    },
  ): Promise<AgentAnswer>;
  /** Null when it has never connected. */
  seen(host: string): Promise<AgentSeen | null>;
}
