/** Qdrant's own engine, from Python's package index, behind a front of ours: its server is in no package registry. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../adapters/temporal-dev-server/ports.ts';
import { startProcess, stopProcess, tailOf } from '../../../adapters/temporal-dev-server/server-process.ts';
import { eventually } from '../../integration/support/wait.ts';
import type { Component } from './component.ts';
import { obtainPythonTool } from './python-tool.ts';

const tool = {
  id: 'qdrant-edge-0.9.0',
  requirements: ['qdrant-edge-py==0.9.0'],
  program: 'python3',
} as const;
const front = join(import.meta.dirname, 'qdrant-front.py');

export interface QdrantInfo {
  readonly url: string;
}

export const qdrant: Component = {
  name: 'qdrant',
  async obtain(report) {
    await obtainPythonTool(tool, report);
  },
  async start() {
    const python = await obtainPythonTool(tool, console.error);
    const dir = mkdtempSync(join(tmpdir(), 'sentinel-qdrant-'));
    const [port = 0] = await freePorts(1);
    const log = join(dir, 'log');
    const pid = await startProcess([python, front, String(port), dir], log, 'attached');
    const stop = async (): Promise<void> => {
      await stopProcess(pid);
      rmSync(dir, { recursive: true, force: true });
    };
    const info: QdrantInfo = { url: `http://127.0.0.1:${port}` };
    try {
      await eventually(
        "Qdrant's engine to answer",
        async () => (await fetch(`${info.url}/collections/none/exists`)).ok,
        300_000,
      );
    } catch (error) {
      const said = tailOf(log);
      await stop();
      throw new Error(`${(error as Error).message}\n${said}`, { cause: error });
    }
    return { info, stop };
  },
};
