/** CPU time and memory of processes, from outside of them: /proc on Linux, `ps` elsewhere. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface Usage {
  cpuSeconds: number;
  memoryBytes: number;
}

/** Kernel constants of every Linux that Node runs on in practice. */
const ticksPerSecond = 100;
const pageBytes = 4096;
const hasProc = existsSync('/proc/self/stat');

/** Usage by pid; a process that is gone is left out. */
export async function processUsage(pids: number[]): Promise<Map<number, Usage>> {
  if (!hasProc) return pids.length === 0 ? new Map() : usageFromPs(pids);
  const usage = new Map<number, Usage>();
  await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
      if (stat === undefined) return;
      // Fields after the command in parentheses: utime and stime are 14 and 15 of the line, rss is 24.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
      usage.set(pid, { cpuSeconds, memoryBytes: Number(fields[21]) * pageBytes });
    }),
  );
  return usage;
}

async function usageFromPs(pids: number[]): Promise<Map<number, Usage>> {
  const args = ['-o', 'pid=,rss=,time=', '-p', pids.join(',')];
  // ps ends with 1 when one of the processes is gone, and still prints the others.
  const { stdout } = await promisify(execFile)('ps', args).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? '',
  }));
  const usage = new Map<number, Usage>();
  for (const line of stdout.trim().split('\n')) {
    const [pid, kilobytes, time] = line.trim().split(/\s+/);
    if (!time) continue;
    const cpuSeconds = time.split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
    usage.set(Number(pid), { cpuSeconds, memoryBytes: Number(kilobytes) * 1024 });
  }
  return usage;
}
