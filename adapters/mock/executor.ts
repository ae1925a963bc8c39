// Executor without an outside world: keeps targets in memory and performs every action on that model. For trying
// policies and for measuring the loop itself. Its ledger lives as long as the process: it cannot survive a restart, and
// says `cannot-tell` then, as an honest executor must. It refuses what is late, older than what it has seen, or closed.

import type { Begun, Call, EffectPromise, Executor } from '../../activities/ports/executor.ts';
import { targetKey } from '../../domain/inventory/target.ts';
import { actionIds, actions } from '../../domain/remediation/actions/index.ts';
import type { Intent } from '../../domain/remediation/intent.ts';
import { sendWithinMs } from '../../domain/remediation/limits.ts';
import { stateAfter } from '../../domain/remediation/precondition.ts';
import type { RefusalCode } from '../../domain/remediation/refusal-code.ts';
import type { TargetState } from '../../domain/remediation/target.ts';

export type MockService = { readonly service: string; readonly replicas: number };

export type MockExecutor = Executor & {
  /** Every effect performed, in order. */
  readonly ledger: readonly {
    readonly intentId: string;
    readonly action: string;
    readonly service: string;
  }[];
  /** Somebody else changes a target of the model. */
  change(target: TargetState['target'], by: Partial<TargetState>): void;
};

export function createMockExecutor(options: {
  readonly name: string;
  readonly services: readonly MockService[];
  readonly nowMs: () => number;
  /** How long an effect takes once it was accepted; 0: it is done at once. */
  readonly takesMs?: number;
}): MockExecutor {
  const { takesMs = 0 } = options;
  const targets = new Map<string, TargetState>();
  const startedAtMs = options.nowMs();
  const ledger: { intentId: string; action: string; service: string }[] = [];
  const newest = new Map<string, { readonly fence: number; readonly send: number }>();
  const revisions = new Map<string, number>();
  /** When what was accepted is complete, and what it replaced. */
  const underWay = new Map<string, { readonly endsAtMs: number; readonly before: TargetState }>();

  const make = (environment: string, { service, replicas }: MockService): TargetState => ({
    target: { environment, service },
    executor: options.name,
    desiredReplicas: replicas,
    replicas: replicaList(service, replicas, startedAtMs),
    release: 'r2',
    previousRelease: 'r1',
    config: 'c2',
    previousConfig: 'c1',
    sandbox: { usedBytes: 0, limitBytes: 1_000_000 },
    supports: actionIds,
  });

  function find(environment: string, service: string): TargetState | undefined {
    const key = targetKey({ environment, service });
    const known = targets.get(key);
    if (known !== undefined) return known;
    const declared = options.services.find((candidate) => candidate.service === service);
    if (declared === undefined) return undefined;
    const target = make(environment, declared);
    targets.set(key, target);
    return target;
  }

  const revisionOf = (key: string): string => String(revisions.get(key) ?? 0);

  /** Why this call does not count any more; null when it is the newest. */
  function outdated({ target, fence }: Intent, { number, notAfterMs, revision }: Call): Refused | null {
    const key = targetKey(target);
    const seen = newest.get(key) ?? { fence: 0, send: 0 };
    if (fence < seen.fence || (fence === seen.fence && number <= seen.send))
      return refused(
        'overtaken',
        `send ${number} under fence ${fence} is not newer than send ${seen.send} under fence ${seen.fence}`,
      );
    if (options.nowMs() > notAfterMs) return refused('too-late', 'the call is too late');
    if (revision === undefined || revision === revisionOf(key)) return null;
    return refused('changed-meanwhile', `${key} changed meanwhile`);
  }

  return {
    name: options.name,
    promise: () => ({ ...promised, deadlineMs: promised.deadlineMs + takesMs }),
    ledger,

    change(target, by) {
      const before = find(target.environment, target.service);
      if (before === undefined) return;
      const key = targetKey(target);
      targets.set(key, { ...before, ...by });
      revisions.set(key, (revisions.get(key) ?? 0) + 1);
    },

    async observe(environment, service) {
      const names = service === undefined ? options.services.map((declared) => declared.service) : [service];
      return names.flatMap((name) => {
        const found = find(environment, name);
        return found === undefined ? [] : { ...found, revision: revisionOf(targetKey(found.target)) };
      });
    },

    async preview(step) {
      if (find(step.target.environment, step.target.service) !== undefined)
        return { ok: true, detail: 'accepted by the mock' };
      return { ok: false, code: 'unknown-target', detail: `unknown service ${step.target.service}` };
    },

    async begin(intent, call): Promise<Begun> {
      const before = find(intent.target.environment, intent.target.service);
      if (before === undefined) return refused('unknown-target', `unknown service ${intent.target.service}`);
      const refusal = outdated(intent, call);
      if (refusal !== null) return refusal;
      if (intent.action === 'restart' && before.replicas.length === 0)
        return refused(
          'not-supported',
          `nothing of ${intent.target.service} runs: there is nothing to restart`,
        );
      const key = targetKey(intent.target);
      newest.set(key, { fence: intent.fence, send: call.number });
      revisions.set(key, (revisions.get(key) ?? 0) + 1);
      const after = perform(before, intent, options.nowMs());
      targets.set(key, after);
      ledger.push({ intentId: intent.id, action: intent.action, service: intent.target.service });
      if (takesMs === 0) return { kind: 'done', after, summary: doneWords(intent) };
      underWay.set(intent.id, { endsAtMs: options.nowMs() + takesMs, before });
      return { kind: 'accepted', handle: intent.id, summary: `${doneWords(intent)} in ${takesMs} ms` };
    },

    async cancel(intent, handle) {
      const { endsAtMs = 0, before } = underWay.get(handle) ?? {};
      if (before === undefined || options.nowMs() >= endsAtMs)
        return { kind: 'done', after: null, summary: doneWords(intent) };
      targets.set(targetKey(intent.target), before);
      underWay.delete(handle);
      ledger.splice(
        ledger.findIndex((entry) => entry.intentId === intent.id),
        1,
      );
      return { kind: 'failed', reason: 'cancelled', left: '' };
    },

    async resume(intent) {
      return underWay.has(intent.id) ? intent.id : null;
    },

    async poll(intent) {
      const leftMs = (underWay.get(intent.id)?.endsAtMs ?? 0) - options.nowMs();
      if (leftMs > 0) {
        const done = Math.floor(((takesMs - leftMs) / takesMs) * parts);
        const words = `${done} of ${parts} parts done`;
        return { kind: 'running', progress: { done, of: parts, words } };
      }
      if (ledger.some((entry) => entry.intentId === intent.id))
        return { kind: 'done', after: null, summary: doneWords(intent) };
      return { kind: 'unknown', reason: 'the mock knows only what this process did' };
    },

    async lookUp(intent) {
      if ((underWay.get(intent.id)?.endsAtMs ?? 0) > options.nowMs()) return 'cannot-tell';
      if (ledger.some((entry) => entry.intentId === intent.id)) return 'happened';
      return 'cannot-tell';
    },

    async close(intent, { number, notAfterMs }) {
      if (ledger.some((entry) => entry.intentId === intent.id)) return 'happened';
      const key = targetKey(intent.target);
      const seen = newest.get(key) ?? { fence: 0, send: 0 };
      if (intent.fence > seen.fence || (intent.fence === seen.fence && number > seen.send))
        newest.set(key, { fence: intent.fence, send: number });
      // A call that went out before this model was made went to another one, which nobody can ask any more.
      return notAfterMs - sendWithinMs >= startedAtMs ? 'not-happened' : 'cannot-tell';
    },
  };
}

/** In how many steps what takes long tells its progress. */
const parts = 5;

type Refused = Extract<Begun, { kind: 'refused' }>;

/** Everything is complete at once, and done once by its number. */
const promised: EffectPromise = {
  idempotency: 'token',
  tellsWhose: true,
  consistencyDelayMs: 0,
  deadlineMs: 60_000,
  settleMs: 0,
};

function refused(code: RefusalCode, reason: string): Refused {
  return { kind: 'refused', code, reason };
}

function doneWords({ action, target }: Intent): string {
  return `${action} on ${target.service} done`;
}

function replicaList(service: string, count: number, startedAtMs: number): TargetState['replicas'] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${service}-${index + 1}`,
    state: 'running' as const,
    startedAtMs,
    restarts: 0,
  }));
}

function perform(before: TargetState, { action, parameters }: Intent, nowMs: number): TargetState {
  const after = stateAfter(before, { action, parameters });
  const fresh = actions[action].replaces(before, parameters);
  const kept = after.replicas.map((replica) =>
    fresh.includes(replica.id) ? { ...replica, state: 'running' as const, startedAtMs: nowMs } : replica,
  );
  return { ...after, replicas: filledUp(kept, after, nowMs) };
}

/** As many replicas as are wanted: the newest go first, new ones are numbered on. */
function filledUp(
  replicas: TargetState['replicas'],
  { target, desiredReplicas }: TargetState,
  nowMs: number,
): TargetState['replicas'] {
  const more = replicaList(target.service, desiredReplicas, nowMs).slice(replicas.length);
  return [...replicas.slice(0, desiredReplicas), ...more];
}
