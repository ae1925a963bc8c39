/** A real Alertmanager of one test: what it is told, and where it sends its webhooks. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../adapters/temporal-dev-server/ports.ts';
import { startProcess, stopProcess, tailOf } from '../../adapters/temporal-dev-server/server-process.ts';
import { eventually } from '../integration/support/wait.ts';

export interface Alertmanager {
  /** As Prometheus does: an alert ends when `endsAt` is over. */
  alert(labels: Readonly<Record<string, string>>, fields?: Readonly<Record<string, unknown>>): Promise<void>;
  readonly url: string;
  /** Makes one as its API takes it, and says its id. */
  silence(fields: Readonly<Record<string, unknown>>): Promise<string>;
  expire(silenceId: string): Promise<void>;
  /** Labels of the alerts that it silences. */
  silencedBy(silenceId: string): Promise<readonly Readonly<Record<string, string>>[]>;
  stop(): Promise<void>;
}

/** Starts one whose configuration is this YAML; resolves when it is ready. */
export async function startAlertmanager(executable: string, configuration: string): Promise<Alertmanager> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-alertmanager-'));
  const file = join(dir, 'alertmanager.yml');
  writeFileSync(file, configuration);
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(dir, 'log');
  const options = [
    `--config.file=${file}`,
    `--storage.path=${dir}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const pid = await startProcess([executable, ...options, '--cluster.listen-address='], logFile, 'attached');
  const stop = async (): Promise<void> => {
    await stopProcess(pid);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await eventually('Alertmanager to be ready', async () => (await fetch(`${url}/-/ready`)).ok, 20_000);
  } catch (error) {
    const log = tailOf(logFile);
    await stop();
    throw new Error(`${(error as Error).message}\n${log}`, { cause: error });
  }
  async function ask(path: string, init: RequestInit): Promise<Response> {
    const answer = await fetch(`${url}${path}`, { ...init, headers: { 'content-type': 'application/json' } });
    if (!answer.ok) throw new Error(`Alertmanager: ${answer.status} ${await answer.text()}`);
    return answer;
  }
  return {
    async alert(labels, fields = {}) {
      const answer = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([{ labels, ...fields }]),
      });
      if (!answer.ok) throw new Error(`Alertmanager: ${answer.status} ${await answer.text()}`);
    },
    url,
    async silence(fields) {
      const answer = await ask('/api/v2/silences', { method: 'POST', body: JSON.stringify(fields) });
      return ((await answer.json()) as { silenceID: string }).silenceID;
    },
    async expire(silenceId) {
      await ask(`/api/v2/silence/${silenceId}`, { method: 'DELETE' });
    },
    async silencedBy(silenceId) {
      const all = (await (await ask('/api/v2/alerts', {})).json()) as {
        labels: Record<string, string>;
        status: { silencedBy: string[] };
      }[];
      return all.filter(({ status }) => status.silencedBy.includes(silenceId)).map(({ labels }) => labels);
    },
    stop,
  };
}
