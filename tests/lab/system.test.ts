/** Nothing of the lab outlives its parent, not even a replica that blocks its own event loop. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { until } from './fixture.ts';

const system = fileURLToPath(new URL('../../lab/system.ts', import.meta.url));
const script = `
  const { startLab } = await import(${JSON.stringify(system)});
  const lab = await startLab();
  await lab.inject({ kind: 'hang', service: 'inventory' });
  console.log(JSON.stringify(lab.pids));
  setInterval(() => {}, 1000);
`;

describe('the lab', () => {
  it('ends with a parent that is killed', async () => {
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) =>
      createInterface({ input: parent.stdout }).once('line', resolve),
    );
    const { supervisor, load, outside, services } = JSON.parse(line);
    const all: number[] = [supervisor, load, outside, ...Object.values(services).flat()] as number[];
    expect(all.filter(isAlive)).toHaveLength(11);
    parent.kill('SIGKILL');
    await until('all are gone', () => !all.some(isAlive));
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
