/** Keeping what detection has learnt, with the real engine: what another process knew of a service is added to, not written over. */
import { beforeEach, expect, test } from 'vitest';
import { detectionConfigSchema } from '../../domain/detection/config.ts';
import { createDetectionEngine } from '../../domain/detection/engine.ts';
import { createLearning } from '../../ingest/learning.ts';
import { MemoryClock, MemoryLearnt, silentLog } from './support/memory.ts';

const startMs = Date.UTC(2026, 0, 5);
const hourMs = 3_600_000;
let store: MemoryLearnt;
beforeEach(() => {
  store = new MemoryLearnt();
});

function process(clockMs = startMs + 10_000 * hourMs) {
  const detection = createDetectionEngine(detectionConfigSchema.parse({ rules: [{ metric: 'orders' }] }));
  const clock = new MemoryClock(clockMs);
  const learning = createLearning({ detection, store, clock, log: silentLog });
  return {
    learning,
    run(from: number, to: number): void {
      const scope = { environment: 'prod', service: 'shop' };
      for (let row = from; row < to; row += 1) {
        const atMs = startMs + row * hourMs;
        const value = 100 + (row % 24);
        const point = {
          kind: 'gauge',
          scope,
          metric: 'orders',
          unit: '1',
          attributes: {},
          atMs,
          value,
        } as const;
        detection.observe([point], atMs);
      }
    },
  };
}

/** The number of samples that the one state knows: it is kept first, after the version. */
function samples(): number {
  const [one] = store.states.values();
  return one === undefined ? 0 : new DataView(one.state.buffer).getFloat64(8, true);
}

test('what one process kept another adds to, whether it asked at its start or not', async () => {
  const first = process();
  first.run(0, 100);
  await first.learning.keep();
  expect(samples()).toBe(100);

  const asked = process();
  await asked.learning.recall(new Map([['prod', ['shop']]]));
  asked.run(100, 110);
  await asked.learning.keep();
  expect(samples()).toBe(110);

  const unasked = process();
  unasked.run(110, 112);
  await unasked.learning.keep();
  expect(samples()).toBe(110);
  unasked.run(112, 115);
  await unasked.learning.keep();
  expect(samples()).toBe(113); // the two before it was asked for are lost
});

test('what was learnt by a clock that has been set back is left out', async () => {
  const first = process();
  first.run(0, 100);
  await first.learning.keep();
  const back = process(startMs + 50 * hourMs);
  await back.learning.recallAll(new Map());
  back.run(40, 50);
  await back.learning.recall(new Map());
  store.states.clear();
  await back.learning.keep();
  expect(samples()).toBe(10);
});

test('a store that is away stops nothing; what could not be kept is kept with what comes next', async () => {
  const first = process();
  first.run(0, 100);
  store.down = true;
  await first.learning.recallAll(new Map());
  await first.learning.recall(new Map([['prod', ['shop']]]));
  await first.learning.keep();
  store.down = false;
  first.run(100, 101);
  await first.learning.keep();
  expect(samples()).toBe(101);
});
