// Resident memory and CPU of `npm start`: idle, and with the lab's telemetry coming in. Prints one JSON line. `ratio`
// compares with a bare Node process measured in the same way.
//
// node bench/memory.ts [--seconds 60]

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort, startSentinelProcess } from '../lab/run/sentinel-process.ts';
import { startLab } from '../lab/system.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const seconds = Number(values.seconds);
const template = fileURLToPath(new URL('../lab/sentinel.yaml', import.meta.url));
const clockTicksPerSecond = 100;

type Sample = { readonly residentMb: number; readonly cpuSeconds: number };

const dir = await mkdtemp(join(tmpdir(), 'sentinel-bench-'));
await writeFile(join(dir, 'bare.mjs'), 'setInterval(() => {}, 1000);');
const bare = spawn(process.execPath, [join(dir, 'bare.mjs')], { stdio: 'ignore' });
const port = await freePort();
const sentinel = await startSentinelProcess({ template, dir, supervisorUrl: 'http://127.0.0.1:1', port });
try {
  const idle = await watch(sentinel.pid);
  const lab = await startLab({
    otlpEndpoint: sentinel.url,
    load: { requestsPerSecond: 20 },
    dir: join(dir, 'lab'),
  });
  const underLab = await watch(sentinel.pid);
  await lab.stop();
  const reference = sampleOf(bare.pid ?? 0).residentMb;
  const ratio = Math.round(underLab.residentMb / reference);
  process.stdout.write(
    `${JSON.stringify({ bench: 'memory', seconds, idle, underLab, bareNodeMb: reference, ratio })}\n`,
  );
} finally {
  bare.kill();
  await sentinel.stop();
  await rm(dir, { recursive: true, force: true });
}

/** Highest resident memory, and cores used, over the time. */
async function watch(pid: number): Promise<{ residentMb: number; cores: number }> {
  const began = sampleOf(pid);
  let residentMb = 0;
  for (let second = 0; second < seconds; second += 1) {
    await delay(1_000);
    residentMb = Math.max(residentMb, sampleOf(pid).residentMb);
  }
  const cores = (sampleOf(pid).cpuSeconds - began.cpuSeconds) / seconds;
  return { residentMb, cores: Math.round(cores * 1_000) / 1_000 };
}

/** From /proc, so on Linux only. */
function sampleOf(pid: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const residentKb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
  return { residentMb: Math.round(residentKb / 1024), cpuSeconds };
}
