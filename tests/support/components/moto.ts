/** moto, which speaks EC2, STS and CloudWatch: one server for the whole test run; every test file makes its own instances. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../adapters/temporal-dev-server/ports.ts';
import { startProcess, stopProcess, tailOf } from '../../../adapters/temporal-dev-server/server-process.ts';
import { eventually } from '../../integration/support/wait.ts';
import type { Component } from './component.ts';
import { obtainPythonTool } from './python-tool.ts';

const tool = {
  id: 'moto-5.2.5',
  requirements: ['moto[server,ec2,iam,sts,cloudwatch,logs]==5.2.5'],
  program: 'moto_server',
} as const;

export interface MotoInfo {
  readonly url: string;
}

export const moto: Component = {
  name: 'moto',
  async obtain(report) {
    await obtainPythonTool(tool, report);
  },
  async start() {
    const program = await obtainPythonTool(tool, console.error);
    const dir = mkdtempSync(join(tmpdir(), 'sentinel-moto-'));
    const [port = 0] = await freePorts(1);
    const log = join(dir, 'log');
    const pid = await startProcess([program, '-H', '127.0.0.1', '-p', String(port)], log, 'attached');
    const stop = async (): Promise<void> => {
      await stopProcess(pid);
      rmSync(dir, { recursive: true, force: true });
    };
    const info: MotoInfo = { url: `http://127.0.0.1:${port}` };
    try {
      await eventually(
        'moto to answer',
        async () => (await fetch(`${info.url}/moto-api/data.json`)).ok,
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
