// Busy loops take processor time while they run, and none after they were stopped.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startBusyLoops, starve } from '../../../lab/run/busy-loops.ts';

test('a loop computes until it is stopped', async () => {
  const before = process.cpuUsage();
  const stop = startBusyLoops(1);
  while (process.cpuUsage(before).user < 300_000) await delay(20);
  await stop();
  const stopped = process.cpuUsage();
  await delay(300);
  expect(process.cpuUsage(stopped).user).toBeLessThan(250_000);
});

test('the loops and who is starved come after everything else', async () => {
  const own = getPriority();
  const stop = startBusyLoops(1);
  onTestFinished(stop);
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const pid = child.pid ?? 0;
  starve(pid);
  expect(getPriority(pid)).toBe(Math.max(own, 5));
  if (process.platform === 'linux') await expect.poll(prioritiesOfThreads).toContain(Math.max(own, 5));
  expect(getPriority(), 'the load generator runs in this process').toBe(own);
});

test('none is none', async () => {
  await expect(startBusyLoops(0)()).resolves.toBeUndefined();
});

/** Of this process: the 17th field after the name. */
function prioritiesOfThreads(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}
