// The agents of other machines, as they speak to the API. Each key is good for one machine, and a machine has one session at a
// time: what an older one still says is not heard.

import type { AgentExecutor, AgentQuestion } from '../../domain/agent/line.ts';

export type AgentHello = {
  readonly version: string;
  /** Which record of effects it keeps on its disk: only one process at a time can. */
  readonly journal: string;
  readonly executors: readonly AgentExecutor[];
  readonly clockMs: number;
};

export type Welcome =
  | { readonly kind: 'welcome'; readonly session: string; readonly nowMs: number }
  /** Another agent with this key is there, with another record of effects. */
  | { readonly kind: 'taken'; readonly reason: string };

export type NextQuestion =
  | {
      readonly kind: 'question';
      readonly id: string;
      readonly question: AgentQuestion;
      readonly leftMs: number;
    }
  | { readonly kind: 'none' }
  /** The session is over: say hello again. */
  | { readonly kind: 'over' };

export type AgentPermission =
  | {
      readonly kind: 'permitted';
      /** How long the call may still be begun. */
      readonly leftMs: number;
      readonly nowMs: number;
    }
  | { readonly kind: 'refused'; readonly reason: string };

export interface AgentDesk {
  hello(host: string, hello: AgentHello): Promise<Welcome>;
  /** Waits some seconds for a question. `holding`: those that it works on; one that it was given and does not have comes again. */
  next(host: string, session: string, holding: readonly string[], gone: AbortSignal): Promise<NextQuestion>;
  /** Asked right before each call of an effect. `first`: the one that `notAfterMs` is about. */
  permit(host: string, session: string, id: string, first: boolean): Promise<AgentPermission>;
  /** False when nobody waits for it any more. */
  answer(host: string, session: string, id: string, answer: unknown): Promise<boolean>;
  /** Answers everybody who waits, so that a process can end. */
  close(): void;
}
