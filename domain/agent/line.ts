// What passes between Sentinel and the agent of a machine, in either direction.

/** Both ends speak the same version, or do not speak. */
export const agentProtocol = 1;

/** What an agent says that it serves. */
export type AgentExecutor = {
  /** As the file of the agent calls it. */
  readonly name: string;
  readonly type: string;
  readonly actions: readonly string[];
  readonly environments: readonly string[];
};

/** One question to one executor of an agent; adapters/agent/wire.ts says what each method takes and answers. */
export type AgentQuestion = { readonly executor: string; readonly method: string; readonly input: unknown };

/** Of a question that may change something: which call of which effect it is, and until when that may begin. */
export type AgentEffect = {
  readonly intentId: string;
  readonly send: number;
  readonly notAfterMs: number;
};

export type AgentSeen = {
  readonly host: string;
  readonly version: string;
  readonly executors: readonly AgentExecutor[];
  /** How far its clock is ahead of Sentinel's database; negative: behind. */
  readonly skewMs: number;
  readonly seenMsAgo: number;
  /** It waits for questions, as far as can be told. */
  readonly there: boolean;
};

/** Beyond that the times it tells mean something else here, and it acts on nothing. */
export const largestSkewMs = 10_000;

/** For people: why its targets cannot be reached; null while they can. */
export function whyAway(host: string, seen: AgentSeen | null): string | null {
  if (seen === null) return `the agent of ${host} is not reachable: it has never connected`;
  if (!seen.there) return `the agent of ${host} is not reachable: last seen ${ago(seen.seenMsAgo)} ago`;
  return null;
}

export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
