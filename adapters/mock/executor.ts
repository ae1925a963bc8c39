// Executor without an outside world: keeps targets in memory and performs every action on that model. For trying
// policies and for measuring the loop itself. Its ledger lives as long as the process: it cannot survive a restart, and
// says `cannot-tell` then, as an honest executor must.

import type { EffectAnswer, Executor } from '../../activities/ports.ts';
import { actionIds } from '../../domain/remediation/actions.ts';
import type { Intent } from '../../domain/remediation/intent.ts';
import type { TargetState } from '../../domain/remediation/target.ts';

export type MockService = { readonly service: string; readonly replicas: number };

export type MockExecutor = Executor & {
  /** Every effect performed, in order. */
  readonly ledger: readonly {
    readonly intentId: string;
    readonly action: string;
    readonly service: string;
  }[];
};

export function createMockExecutor(options: {
  readonly name: string;
  readonly services: readonly MockService[];
  readonly nowMs: () => number;
}): MockExecutor {
  const targets = new Map<string, TargetState>();
  const startedAtMs = options.nowMs();
  const ledger: { intentId: string; action: string; service: string }[] = [];

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
    const key = `${environment}/${service}`;
    const known = targets.get(key);
    if (known !== undefined) return known;
    const declared = options.services.find((candidate) => candidate.service === service);
    if (declared === undefined) return undefined;
    const target = make(environment, declared);
    targets.set(key, target);
    return target;
  }

  return {
    name: options.name,
    ledger,

    async observe(environment, service) {
      const names = service === undefined ? options.services.map((declared) => declared.service) : [service];
      return names.flatMap((name) => find(environment, name) ?? []);
    },

    async preview(step) {
      const known = find(step.target.environment, step.target.service) !== undefined;
      return { ok: known, detail: known ? 'accepted by the mock' : `unknown service ${step.target.service}` };
    },

    async apply(intent): Promise<EffectAnswer> {
      const before = find(intent.target.environment, intent.target.service);
      if (before === undefined)
        return { kind: 'refused', reason: `unknown service ${intent.target.service}` };
      const after = perform(before, intent, options.nowMs());
      targets.set(`${intent.target.environment}/${intent.target.service}`, after);
      ledger.push({ intentId: intent.id, action: intent.action, service: intent.target.service });
      return { kind: 'applied', after, summary: `${intent.action} on ${intent.target.service} done` };
    },

    async lookUp(intent) {
      if (ledger.some((entry) => entry.intentId === intent.id)) return 'happened';
      return 'cannot-tell';
    },
  };
}

function replicaList(service: string, count: number, startedAtMs: number): TargetState['replicas'] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${service}-${index + 1}`,
    state: 'running' as const,
    startedAtMs,
    restarts: 0,
  }));
}

function perform(before: TargetState, intent: Intent, nowMs: number): TargetState {
  const service = before.target.service;
  const taskId = intent.parameters.taskId;
  switch (intent.action) {
    case 'restart':
      return {
        ...before,
        replicas: before.replicas.map((replica) =>
          taskId === undefined || replica.id === taskId
            ? { ...replica, state: 'running', startedAtMs: nowMs }
            : replica,
        ),
      };
    case 'scale': {
      const count = Number(intent.parameters.replicas ?? before.desiredReplicas);
      return { ...before, desiredReplicas: count, replicas: replicaList(service, count, nowMs) };
    }
    case 'rollback-release':
    case 'deploy-release': {
      const to = String(
        intent.parameters.to ?? intent.parameters.release ?? before.previousRelease ?? before.release,
      );
      return { ...before, release: to, previousRelease: before.release };
    }
    case 'rollback-config':
    case 'apply-config': {
      const to = String(
        intent.parameters.to ?? intent.parameters.version ?? before.previousConfig ?? before.config,
      );
      return { ...before, config: to, previousConfig: before.config };
    }
    case 'clear-sandbox':
      return { ...before, sandbox: { usedBytes: 0, limitBytes: before.sandbox?.limitBytes ?? 0 } };
    case 'drain':
    case 'undrain': {
      const state = intent.action === 'drain' ? ('draining' as const) : ('running' as const);
      return {
        ...before,
        replicas: before.replicas.map((replica) => (replica.id === taskId ? { ...replica, state } : replica)),
      };
    }
  }
}
