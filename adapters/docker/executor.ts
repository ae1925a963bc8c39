// Acts on the containers of one Docker engine. The engine knows no tokens, no conditional requests and no deadlines, so what it
// cannot refuse is looked at right before the one call: the same container, started when it was seen to be. Between that look
// and the call somebody else may still act; docs/docker-executor.md says what follows.

import { hostname } from 'node:os';
import type { Begun, Call, EffectPromise, Executor, Polled } from '../../activities/ports/executor.ts';
import { errorMessage } from '../../domain/error-message.ts';
import type { Intent } from '../../domain/remediation/intent.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import {
  connectEngine,
  type Engine,
  type EngineAddress,
  EngineError,
  engineWorkMs,
  type Verb,
} from './engine.ts';
import { begunOf, handleOf } from './handle.ts';
import { memoryInWords } from './memory.ts';
import { foundOf, progressOf } from './progress.ts';
import { type Refusal, refusalOf, refused } from './refusals.ts';
import { isSelected, type Named, namedIn, protectionOf, type Selection, serviceOf } from './select.ts';
import { lifeIn, lifeOf, nameOf, revisionOf, stateOf } from './state.ts';
import type { Inspected } from './wire.ts';

export type DockerSettings = EngineAddress &
  Selection & {
    readonly name: string;
    /** What target ids call this machine. */
    readonly host: string;
    /** How long a container may take to stop by itself, before the engine kills it. */
    readonly stopSeconds: number;
  };

/** No container has this id. Asking to act on it shows whether such requests come through, and changes nothing. */
const nobody = '0'.repeat(64);
const verbs: readonly Verb[] = ['restart', 'stop', 'start'];
/** More inspections at once would only queue in the engine. */
const atOnce = 8;

export function createDockerExecutor(
  settings: DockerSettings,
  { nowMs }: { readonly nowMs: () => number },
  engine: Engine = connectEngine(settings),
): Executor {
  const prefix = `docker/${settings.host}/`;

  function targetOf(container: Inspected, environment: string): TargetState {
    const named = namedOf(container);
    const why = protectionOf(container.Id, named, hostname());
    return {
      target: { environment, service: serviceOf(settings, named), resource: `${prefix}${named.name}` },
      executor: settings.name,
      ...stateOf(container),
      observedAtMs: nowMs(),
      ...(why === undefined ? {} : { protected: why }),
      supports: verbs,
    };
  }

  /** The container of the target as it is now, or why it is none of ours. */
  async function find(target: Intent['target'], signal?: AbortSignal): Promise<Inspected | Refusal> {
    const { resource = '' } = target;
    if (!resource.startsWith(prefix))
      return refused('unknown-target', `${resource} is not on ${settings.host}`);
    const name = resource.slice(prefix.length);
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name))
      return refused('unknown-target', 'no container has such a name');
    const container = await engine.inspect(name, signal);
    // The engine also finds containers by the beginning of their id.
    if (container === null || nameOf(container) !== name)
      return refused('unknown-target', `there is no container ${name} on ${settings.host}`);
    const named = namedOf(container);
    if (!isSelected(settings, named))
      return refused(
        'unknown-target',
        `the configuration of ${settings.name} does not name container ${name}`,
      );
    const why = protectionOf(container.Id, named, hostname());
    return why === undefined ? container : refused('protected', `nothing may act on ${name}: ${why}`);
  }

  /** Everything that can be refused before the call, and nothing that changes anything. */
  async function ready(intent: Intent, call: Call): Promise<Inspected | Refusal> {
    const container = await find(intent.target, call.signal);
    if (!('Id' in container)) return container;
    if (call.revision !== undefined && call.revision !== revisionOf(container))
      return refused(
        'changed-meanwhile',
        'the container was started, stopped or made again since it was looked at',
      );
    if (nowMs() > call.notAfterMs) return refused('too-late', 'the call is too late');
    return container;
  }

  /** For people who decide about a restart. Not needed for it: a filter before the engine may keep it back. */
  async function memoryWords(container: Inspected, signal?: AbortSignal): Promise<string> {
    try {
      const words = await memoryInWords(engine, container, signal);
      return words === null ? '' : ` (${words})`;
    } catch {
      return '';
    }
  }

  return {
    name: settings.name,

    promise({ action }): EffectPromise {
      return {
        // A second stop or start finds nothing to do; a second restart interrupts once more.
        idempotency: action === 'restart' ? 'none' : 'compare-and-set',
        tellsWhose: false,
        consistencyDelayMs: settings.stopSeconds * 1_000 + engineWorkMs,
        deadlineMs: 300_000,
        settleMs: 3_000,
      };
    },

    async observe(environment, service, signal) {
      const listed = (await engine.list(signal)).flatMap(({ Id, Names, Labels }) => {
        const named = namedIn(Names, Labels);
        if (named === null || !isSelected(settings, named)) return [];
        return service === undefined || serviceOf(settings, named) === service ? [Id] : [];
      });
      const seen: TargetState[] = [];
      for (let at = 0; at < listed.length; at += atOnce) {
        const some = await Promise.all(listed.slice(at, at + atOnce).map((id) => engine.inspect(id, signal)));
        seen.push(...some.filter((one) => one !== null).map((one) => targetOf(one, environment)));
      }
      return seen;
    },

    async preview({ action, target }, signal) {
      const verb = verbOf(action);
      if (verb === null) return { ok: false, code: 'not-supported', detail: `Docker has no ${action}` };
      let words = 'the container is there';
      try {
        const container = await find(target, signal);
        if (!('Id' in container)) return { ok: false, code: container.code, detail: container.reason };
        if (verb !== 'start') words += await memoryWords(container, signal);
        await engine.act(verb, nobody, settings.stopSeconds, signal);
        return {
          ok: false,
          code: 'refused-by-vendor',
          detail: 'what answers is no Docker engine: it acted on a container that cannot exist',
        };
      } catch (error) {
        const refusal = refusalOf(error);
        if (error instanceof EngineError && error.status === 404)
          return { ok: true, detail: `${words}; the engine lets a ${verb} through` };
        if (refusal !== null) return { ok: false, code: refusal.code, detail: refusal.reason };
        return { ok: false, code: 'unreachable', detail: errorMessage(error) };
      }
    },

    async begin(intent, call): Promise<Begun> {
      const verb = verbOf(intent.action);
      if (verb === null)
        return { kind: 'refused', code: 'not-supported', reason: `Docker has no ${intent.action}` };
      let container: Inspected | Refusal;
      try {
        container = await ready(intent, call);
      } catch (error) {
        // Only looked so far: whatever went wrong, nothing was done, and nothing will be.
        const refusal = refusalOf(error) ?? refused('unreachable', errorMessage(error));
        return { kind: 'refused', ...refusal };
      }
      if (!('Id' in container)) return { kind: 'refused', ...container };
      const before = lifeOf(container);
      try {
        await engine.act(verb, before.id, settings.stopSeconds, call.signal);
        const summary = `the engine has done the ${verb} of ${nameOf(container)}`;
        return { kind: 'accepted', handle: handleOf(before), summary };
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal !== null) return { kind: 'refused', ...refusal };
        const failure = errorMessage(error);
        // The engine says that it failed: what is left of it shows in the container.
        if (error instanceof EngineError && error.status === 500)
          return { kind: 'accepted', handle: handleOf({ ...before, failure }), summary: failure };
        return { kind: 'unknown', reason: failure };
      }
    },

    async poll(intent, handle, signal): Promise<Polled> {
      const [verb, before] = [verbOf(intent.action), begunOf(handle)];
      if (verb === null || before === null)
        return { kind: 'unknown', reason: 'the handle is none of this executor' };
      const now = await engine.inspect(before.id, signal);
      const after = now === null ? null : targetOf(now, intent.target.environment);
      return progressOf(verb, before, now, after, nowMs());
    },

    async lookUp(intent, signal) {
      const [verb, before] = [verbOf(intent.action), lifeIn(intent.before.revision)];
      if (verb === null || before === null) return 'cannot-tell';
      return foundOf(verb, before, await engine.inspect(before.id, signal));
    },
  };
}

function namedOf(container: Inspected): Named {
  return { name: nameOf(container), labels: container.Config.Labels };
}

function verbOf(action: string): Verb | null {
  return verbs.find((verb) => verb === action) ?? null;
}
