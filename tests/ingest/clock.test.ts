// Our clock was set back: detection is rebuilt from history once, and whoever comes meanwhile waits for it.

import { expect, test } from 'vitest';
import { createDelivery } from '../../ingest/delivery.ts';
import { defaultLimits } from '../../ingest/limits.ts';
import { createPipeline } from '../../ingest/pipeline.ts';
import {
  MemoryClock,
  MemoryEpisodes,
  MemoryHistory,
  MemoryInbox,
  MemoryMetrics,
  silentLog,
} from './support/memory.ts';

const nothing = { rows: [], anomalies: [], edges: [], dropped: {} };

test('once, before anything is taken or judged', async () => {
  const clock = new MemoryClock(1_000_000);
  const inbox = new MemoryInbox(clock);
  const metrics = new MemoryMetrics();
  const happened: string[] = [];
  const told = (what: string) => {
    happened.push(what);
    return nothing;
  };
  let behind = true;
  let finish = (): void => {};
  const delivery = createDelivery({
    ...{ inbox, episodes: new MemoryEpisodes(), history: new MemoryHistory(), metrics, log: silentLog },
    ...{ wake: () => {}, maxWaitingRows: 10, maxWaitingAnomalies: 10 },
  });
  const pipeline = createPipeline({
    ...{ delivery, limits: defaultLimits, defaultEnvironment: 'e', clock, metrics },
    detection: {
      observe: () => told('observe'),
      tick: () => told('tick'),
      flush: () => nothing,
      setBack: () => {
        const was = behind;
        behind = false;
        return was;
      },
    },
    rewarm: () => {
      happened.push('rewarm');
      return new Promise((resolve) => {
        finish = resolve;
      });
    },
  });
  const all = [pipeline.take([], 1), pipeline.pass(2), pipeline.tick()];
  await Promise.resolve();
  expect(happened).toEqual(['rewarm']);
  finish();
  await Promise.all(all);
  await pipeline.take([], 3);
  expect(happened).toEqual(['rewarm', 'observe', 'tick', 'tick', 'observe']);
});
