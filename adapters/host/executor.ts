// Cleans the sandbox of a service on the machine that Sentinel runs on. The trash holds the token of every send, so a send takes
// effect once, and one that was closed never does.

import { accessSync, constants } from 'node:fs';
import type { Begun, Executor, Found, Polled } from '../../activities/ports/executor.ts';
import type { Intent } from '../../domain/remediation/intent.ts';
import type { RefusalCode } from '../../domain/remediation/refusal-code.ts';
import { cleanAll, closeSend, measure, type SendState, stateOfSend, withFolders } from './sandbox.ts';
import type { Outcome } from './trash.ts';

export type HostSettings = {
  readonly name: string;
  /** What target ids call this sandbox: `host/<host>`. */
  readonly host: string;
  readonly service: string;
  readonly folders: readonly string[];
  readonly patterns: readonly string[];
  readonly olderThanSeconds: number;
  readonly limitBytes: number;
  readonly trashBytes: number;
};

/** Shorter than the look at a target that waits for it. */
const measureMs = 3_000;
const deadlineMs = 600_000;
/** Sends of one intent are few; nobody looks for more. */
const mostSends = 20;
const action = 'clear-sandbox';

export function createHostExecutor(
  settings: HostSettings,
  { nowMs }: { readonly nowMs: () => number },
): Executor {
  const resource = `host/${settings.host}`;
  const { folders } = settings;

  function whyNot({
    action: asked,
    target,
  }: Pick<Intent, 'action' | 'target'>): { code: RefusalCode; reason: string } | null {
    if (asked !== action) return { code: 'not-supported', reason: `a sandbox has no ${asked}` };
    if (target.resource !== resource)
      return { code: 'unknown-target', reason: `${settings.name} has only ${resource}` };
    return null;
  }

  return {
    name: settings.name,

    promise: () => ({
      idempotency: 'token',
      tellsWhose: true,
      consistencyDelayMs: 0,
      deadlineMs,
      settleMs: 2_000,
    }),

    async observe(environment, service) {
      if (service !== undefined && service !== settings.service) return [];
      return withFolders(folders, async (opened) => {
        const { bytes } = await measure(opened, settings, nowMs(), measureMs);
        return [
          {
            target: { environment, service: settings.service, resource },
            executor: settings.name,
            desiredReplicas: 0,
            replicas: [],
            release: 'none',
            config: 'none',
            sandbox: { usedBytes: bytes, limitBytes: settings.limitBytes },
            revision: opened.map(({ stat }) => `${stat.dev}:${stat.ino}`).join(' '),
            observedAtMs: nowMs(),
            supports: [action],
          },
        ];
      });
    },

    async preview(step) {
      const refusal = whyNot(step);
      if (refusal !== null) return { ok: false, code: refusal.code, detail: refusal.reason };
      try {
        const { oldFiles, oldBytes, files, complete } = await withFolders(folders, (opened) => {
          // The trash is made in the folder itself.
          for (const { fd } of opened) accessSync(`/proc/self/fd/${fd}`, constants.W_OK | constants.X_OK);
          return measure(opened, settings, nowMs(), measureMs);
        });
        const least = complete ? '' : 'at least ';
        return {
          ok: true,
          detail: `would remove ${least}${oldFiles} of ${least}${files} files (${inMegabytes(oldBytes)}); up to ${inMegabytes(settings.trashBytes)} of it can be put back`,
        };
      } catch (error) {
        return { ok: false, code: codeOf(error), detail: wordsOf(error) };
      }
    },

    async begin(intent, call): Promise<Begun> {
      const refusal = whyNot(intent);
      if (refusal !== null) return { kind: 'refused', ...refusal };
      const goOn = async (): Promise<string | null> => {
        if (call.signal.aborted) return 'nobody waits for it any more';
        const permitted = await call.permit();
        return permitted.ok ? null : permitted.reason;
      };
      let claimed = false;
      try {
        return await withFolders(folders, async (opened) => {
          const revision = opened.map(({ stat }) => `${stat.dev}:${stat.ino}`).join(' ');
          if (call.revision !== undefined && call.revision !== revision)
            return {
              kind: 'refused',
              code: 'changed-meanwhile',
              reason: 'another folder is in the place of the sandbox',
            };
          const startMs = nowMs();
          // By the clock of the store: with a clock that is ahead everything here would look old.
          if (startMs > call.notAfterMs)
            return { kind: 'refused', code: 'too-late', reason: 'the call is too late' };
          claimed = true;
          const outcomes = await cleanAll(opened, intent.id, call.number, settings, startMs, goOn);
          if (outcomes === null)
            return {
              kind: 'refused',
              code: 'overtaken',
              reason: `send ${call.number} was made before, or closed`,
            };
          const polled = polledOf({ ended: outcomes });
          return polled.kind === 'done'
            ? polled
            : { kind: 'accepted', handle: String(call.number), summary: 'ended early' };
        });
      } catch (error) {
        if (!claimed) return { kind: 'refused', code: codeOf(error), reason: wordsOf(error) };
        return { kind: 'unknown', reason: wordsOf(error) };
      }
    },

    async poll(intent, handle): Promise<Polled> {
      const send = Number(handle);
      if (!Number.isInteger(send) || send < 1)
        return { kind: 'unknown', reason: 'the handle is none of this executor' };
      return withFolders(folders, (opened) => polledOf(stateOfSend(opened, intent.id, send)));
    },

    async lookUp(intent): Promise<Found> {
      return withFolders(folders, (opened) => {
        const states = Array.from({ length: mostSends }, (_, index) =>
          stateOfSend(opened, intent.id, index + 1),
        );
        if (states.some((state) => typeof state === 'object')) return 'happened';
        return states.includes('begun') ? 'cannot-tell' : 'not-happened';
      });
    },

    async close(intent, { number }): Promise<Found> {
      return withFolders(folders, (opened) => {
        let answer: Found = 'not-happened';
        for (let send = 1; send <= number; send += 1) {
          if (closeSend(opened, intent.id, send)) continue;
          if (typeof stateOfSend(opened, intent.id, send) === 'object') return 'happened';
          answer = 'cannot-tell';
        }
        return answer;
      });
    },
  };
}

function polledOf(state: SendState): Polled {
  if (state === 'begun')
    return { kind: 'running', progress: { done: 0, of: 1, words: 'files are being removed' } };
  if (state === 'closed' || state === 'not-begun')
    return { kind: 'unknown', reason: 'the trash knows nothing of it' };
  const sum = (of: (outcome: Outcome) => number): number =>
    state.ended.reduce((total, outcome) => total + of(outcome), 0);
  const removed = sum((one) => one.removed);
  const what = `${removed} files (${inMegabytes(sum((one) => one.removedBytes))}) removed, ${sum((one) => one.kept)} of them can be put back`;
  const stopped = state.ended.find((one) => one.stopped !== null)?.stopped;
  if (stopped != null) return { kind: 'failed', reason: stopped, left: removed === 0 ? '' : what };
  const more = state.ended.every(({ complete }) => complete)
    ? ''
    : '; the folder holds more than is looked through at once';
  return { kind: 'done', after: null, summary: `${what}${more}` };
}

function codeOf(error: unknown): RefusalCode {
  const { code } = (
    error instanceof Error && error.cause instanceof Error ? error.cause : error
  ) as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'permission-denied';
  return code === 'ENOENT' ? 'unknown-target' : 'refused-by-vendor';
}

function wordsOf(error: unknown): string {
  return error instanceof Error
    ? error.message.replaceAll(/\/proc\/self\/fd\/\d+/g, 'the sandbox')
    : String(error);
}

function inMegabytes(bytes: number): string {
  const count = bytes / 1_000_000;
  return `${count >= 10 ? Math.round(count) : Math.round(count * 10) / 10} MB`;
}
