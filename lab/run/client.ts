// The REST API as an operator's script uses it: reads incidents, approves plans.

import { setTimeout as delay } from 'node:timers/promises';
import type { SeenIncident } from './score.ts';

type Json = Record<string, unknown>;

export type PendingApproval = {
  readonly incidentId: string;
  readonly planHash: string;
  /** Who may decide; operators when left out. */
  readonly role?: string;
};

export type TimelineEvent = Json & { readonly seq: number; readonly atMs: number; readonly type: string };

export type IncidentSummary = {
  readonly id: string;
  /** The id as it stands in URLs and on command lines. */
  readonly ref: string;
  readonly title: string;
  readonly service: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
};

/** One answer that takes too long on a busy machine is no reason to end a story or a run. */
const tries = 6;
const answerWithinMs = 10_000;
const pauseMs = 200;

type Ready = { readonly components?: readonly { readonly name: string; readonly ok: boolean }[] };

export class SentinelClient {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  async request<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
    const answer = await fetch(new URL(path, this.#url), {
      method,
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  }

  /** For what does the same however often it arrives: asks again when there was no answer. */
  async #patiently<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.request<T>(method, path, body);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (attempt === tries)
          throw new Error(
            `${method} ${path}: Sentinel at ${this.#url} did not answer ${tries} times (${why}); its log says more`,
            { cause: error },
          );
        await delay(pauseMs);
      }
    }
  }

  async #get<T>(path: string): Promise<T> {
    const { status, body } = await this.#patiently<T>('GET', path);
    if (status !== 200) throw new Error(`GET ${path}: status ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Whether it says that it is behind. */
  async isOverloaded(): Promise<boolean> {
    const { body } = await this.#patiently<Ready>('GET', '/ready');
    return body.components?.some(({ name, ok }) => name === 'own lag' && !ok) ?? false;
  }

  async createKey(name: string, role: string): Promise<string> {
    const { status, body } = await this.request<{ key: string }>('POST', '/api/v1/keys', { name, role });
    if (status !== 201 && status !== 200) throw new Error(`creating a key: status ${status}`);
    return body.key;
  }

  async incidents(): Promise<readonly IncidentSummary[]> {
    return (await this.#get<{ items: IncidentSummary[] }>('/api/v1/incidents?limit=100')).items;
  }

  async pendingApprovals(): Promise<readonly PendingApproval[]> {
    return (await this.#get<{ items: PendingApproval[] }>('/api/v1/approvals/pending')).items;
  }

  async timeline(id: string, afterSeq = 0): Promise<readonly TimelineEvent[]> {
    const all: TimelineEvent[] = [];
    let from = afterSeq;
    for (;;) {
      const path = `/api/v1/incidents/${encodeURIComponent(id)}/timeline?after=${from}&limit=200`;
      const page = (await this.#get<{ items: TimelineEvent[] }>(path)).items;
      all.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < 200) return all;
      from = last.seq;
    }
  }

  /** Every piece of evidence so far, in the order of finding. */
  async evidence(id: string): Promise<readonly { readonly id: string; readonly finding: string }[]> {
    const path = `/api/v1/incidents/${encodeURIComponent(id)}/evidence?limit=200`;
    return (await this.#get<{ items: { id: string; finding: string }[] }>(path)).items;
  }

  /** True when the decision was recorded; false when somebody or something was faster. The same one twice is one decision. */
  async decide(pending: PendingApproval, decision: 'approve' | 'reject', reason: string): Promise<boolean> {
    const { status } = await this.#patiently(
      'POST',
      `/api/v1/incidents/${encodeURIComponent(pending.incidentId)}/approvals`,
      { planHash: pending.planHash, decision, reason },
    );
    return status < 300;
  }

  /** What was seen of an incident, told from its timeline. */
  async seen(summary: IncidentSummary): Promise<SeenIncident> {
    return toSeen(summary, await this.timeline(summary.id));
  }
}

export function toSeen(summary: IncidentSummary, timeline: readonly TimelineEvent[]): SeenIncident {
  const of = (type: string) => timeline.filter((event) => event.type === type);
  const diagnosis = explaining(summary, timeline)?.diagnosis as
    | { hypotheses: { cause: string; scope: { service: string } }[]; inconclusive: boolean }
    | undefined;
  const verified = of('verified').find(
    (event) => (event.result as { outcome: string }).outcome === 'recovered',
  );
  const intents = of('intent-written');
  return {
    id: summary.id,
    openedAtMs: summary.openedAtMs,
    symptomsAtMs: of('anomaly-observed').map((event) => event.atMs),
    closedAtMs: summary.closedAtMs,
    outcome: summary.outcome,
    hypotheses: (diagnosis?.hypotheses ?? []).map(({ cause, scope }) => ({ cause, service: scope.service })),
    inconclusive: diagnosis?.inconclusive ?? false,
    verifiedAtMs: verified?.atMs ?? null,
    intents: intents.map((event) => String(event.intentId)),
    compensations: intents
      .filter((event) => event.direction === 'compensation')
      .map((event) => String(event.intentId)),
  };
}

/** Polls until `check` gives something or the time is over. */
export async function until<T>(
  check: () => Promise<T | null>,
  deadlineMs: number,
  intervalMs = 250,
): Promise<T | null> {
  for (;;) {
    const found = await check();
    if (found !== null) return found;
    if (Date.now() >= deadlineMs) return null;
    await delay(intervalMs);
  }
}

/** The diagnosis that the verified fix was made from; where nothing was fixed, the last one. */
function explaining(
  { outcome }: IncidentSummary,
  timeline: readonly TimelineEvent[],
): TimelineEvent | undefined {
  const isFix = (event: TimelineEvent) => event.type === 'effect-applied' && event.direction === 'forward';
  const end = outcome === 'resolved' ? timeline.findLastIndex(isFix) : -1;
  return timeline.slice(0, end === -1 ? undefined : end).findLast((event) => event.type === 'diagnosed');
}
