// Busy loops take processor time while they run, and none after they were stopped.

import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startBusyLoops } from '../../../lab/run/busy-loops.ts';

test('a loop computes until it is stopped', async () => {
  const before = process.cpuUsage();
  const stop = startBusyLoops(1);
  while (process.cpuUsage(before).user < 300_000) await delay(20);
  await stop();
  const stopped = process.cpuUsage();
  await delay(300);
  expect(process.cpuUsage(stopped).user).toBeLessThan(250_000);
});

test('none is none', async () => {
  await expect(startBusyLoops(0)()).resolves.toBeUndefined();
});
