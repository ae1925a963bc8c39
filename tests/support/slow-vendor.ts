/** A vendor that takes effects on and works on them: what each poll, look and cancellation says is given beforehand. */
import type { Begun, Executor, Found, Handle, Polled } from '../../activities/ports/executor.ts';
import { targetState } from './incident-examples.ts';

export type SlowVendor = Executor & {
  /** Sends that arrived. */
  readonly begun: number[];
  readonly cancelled: string[];
  readonly asked: { polls: number; looks: number };
};

export function slowVendor(
  script: {
    readonly promise?: Partial<ReturnType<Executor['promise']>>;
    readonly begin?: Begun;
    /** One after the other; the last one is repeated. */
    readonly polls?: readonly Polled[];
    readonly looks?: readonly Found[];
    readonly cancel?: Polled;
    readonly resume?: Handle | null;
  } = {},
): SlowVendor {
  const { polls = [], looks = ['not-happened'] } = script;
  const asked = { polls: 0, looks: 0 };
  const begun: number[] = [];
  const cancelled: string[] = [];
  const { cancel, resume } = script;
  return {
    name: 'slow',
    begun,
    cancelled,
    asked,
    promise: () => ({
      ...{
        idempotency: 'compare-and-set',
        tellsWhose: true,
        consistencyDelayMs: 0,
        deadlineMs: 600_000,
        settleMs: 0,
      },
      ...script.promise,
    }),
    observe: async (environment, service = targetState.target.service) => [
      { ...targetState, target: { environment, service }, executor: 'fake' },
    ],
    preview: async () => ({ ok: true, detail: 'would be taken on' }),
    async begin(_intent, { number }) {
      begun.push(number);
      return script.begin ?? { kind: 'accepted', handle: 'rollout-7', summary: 'taken on' };
    },
    async poll() {
      asked.polls += 1;
      return (
        polls[Math.min(asked.polls, polls.length) - 1] ?? { kind: 'done', after: null, summary: 'rolled out' }
      );
    },
    async lookUp() {
      asked.looks += 1;
      return looks[Math.min(asked.looks, looks.length) - 1] ?? 'cannot-tell';
    },
    ...(cancel === undefined
      ? {}
      : {
          async cancel(_intent, handle) {
            cancelled.push(handle);
            return cancel;
          },
        }),
    ...(resume === undefined ? {} : { resume: async () => resume }),
  };
}

export const running = (done: number, of = 5): Polled => ({
  kind: 'running',
  progress: { done, of, words: `${done} of ${of} pods new` },
});
