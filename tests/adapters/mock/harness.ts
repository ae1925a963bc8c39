/** The mock has no wire: answers are lost and calls refused right at its door. */
import type { Begun, Call, Executor } from '../../../activities/ports/executor.ts';
import { createMockExecutor } from '../../../adapters/mock/executor.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { createClock } from '../executors/matrix/clock.ts';
import type { MatrixHarness } from '../executors/matrix/harness.ts';

const target = { environment: 'test', service: 'orders' };
type Door = 'before' | 'after' | 'deny' | 'throttle' | 'hold';

export async function mockHarness(takesMs: number): Promise<MatrixHarness> {
  const clock = createClock();
  const services = [{ service: 'orders', replicas: 2 }];
  // It has been there for ever, and so knows of everything that was sent to it.
  let nowMs = (): number => 0;
  const mock = createMockExecutor({ name: 'mock', services, nowMs: () => nowMs(), takesMs });
  nowMs = clock.nowMs;
  const [original] = await mock.observe(target.environment, target.service);
  if (original === undefined) throw new Error('the mock has no target');
  let door: Door | null = null;
  let away = false;
  let waiting: (readonly [Intent, Call])[] = [];

  function open(): void {
    if (away) throw new Error('connection refused');
  }
  const executor: Executor = {
    ...mock,
    async observe(...asked) {
      open();
      return mock.observe(...asked);
    },
    async poll(...asked) {
      open();
      return mock.poll(...asked);
    },
    async lookUp(...asked) {
      open();
      return mock.lookUp(...asked);
    },
    async begin(intent, call): Promise<Begun> {
      open();
      const now = door;
      door = null;
      if (now === 'deny') return { kind: 'refused', code: 'permission-denied', reason: 'not yours' };
      if (now === 'throttle') return { kind: 'refused', code: 'throttled', reason: 'slow down' };
      if (now === 'hold') waiting.push([intent, call]);
      if (now === 'before' || now === 'hold') throw new Error('connection reset');
      const answer = await mock.begin(intent, call);
      if (now === 'after') throw new Error('connection reset');
      return answer;
    },
  };
  const set = (next: Door) => async () => {
    door = next;
  };
  return {
    clock,
    executor: () => executor,
    async target() {
      mock.change(target, original);
      return target;
    },
    nobody: { ...target, service: 'nobody' },
    step: ({ desiredReplicas }) => ({ action: 'scale', parameters: { replicas: desiredReplicas + 1 } }),
    effects: async ({ id }) => mock.ledger.filter(({ intentId }) => intentId === id).length,
    async empty() {
      mock.change(target, { desiredReplicas: 0, replicas: [] });
      return {
        ...{ target, action: 'restart', parameters: {} },
        things: () => mock.observe(target.environment, target.service),
        async restore() {
          mock.change(target, original);
        },
      };
    },
    async drift({ before }) {
      const { desiredReplicas } = before;
      mock.change(target, { desiredReplicas: desiredReplicas + 3, release: 'r9', config: 'c9' });
    },
    faults: {
      lose: (when) => set(when)(),
      deny: set('deny'),
      throttle: set('throttle'),
      async away() {
        away = true;
      },
      async hold() {
        door = 'hold';
        return {
          within: 'ever',
          async arrive() {
            const [one] = waiting;
            waiting = waiting.slice(1);
            if (one !== undefined) await mock.begin(...one);
          },
        };
      },
      lag: null,
      async heal() {
        door = null;
        away = false;
      },
    },
    close: async () => {},
  };
}
