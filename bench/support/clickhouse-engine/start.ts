// ClickHouse's engine as a process of its own, as a server would be: its work is not the benchmark's.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type OwnEngine = { readonly url: string; stop(): Promise<void> };

export async function startClickHouseEngine(folder: string): Promise<OwnEngine> {
  const program = fileURLToPath(new URL('./engine-main.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [url] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>,
    exited.then(([code]) => Promise.reject(new Error(`ClickHouse's engine ended with ${code}`))),
  ]);
  return {
    url,
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
