/** toxiproxy between processes and the servers they use: it cuts, stalls, and breaks connections off in the midst of an answer. */
import { join } from 'node:path';
import { freePorts } from '../../../adapters/temporal-dev-server/ports.ts';
import { startProcess, stopProcess } from '../../../adapters/temporal-dev-server/server-process.ts';
import { eventually } from '../../integration/support/wait.ts';
import { cacheDir } from '../../support/components/cache.ts';
import { obtainGoCommands } from '../../support/components/go-module.ts';

const version = '2.5.0';
const dir = join(cacheDir, `toxiproxy-${version}`);

/** One connection to `upstream`, as a port of this machine. */
export interface ToxicLink {
  readonly port: number;
  /** Nobody gets through any more. */
  cut(): Promise<void>;
  /** What is sent arrives, and no answer comes back. Ends with `heal`, which breaks off what was stalled. */
  stallAnswers(): Promise<void>;
  /** Every connection is broken off after so many bytes of answers, from now on. */
  breakAnswersAfter(bytes: number): Promise<void>;
  heal(): Promise<void>;
}

export interface Toxiproxy {
  link(name: string, upstream: string): Promise<ToxicLink>;
  stop(): Promise<void>;
}

export async function startToxiproxy(folder: string, report: (line: string) => void): Promise<Toxiproxy> {
  const module = 'github.com/Shopify/toxiproxy/v2';
  const about = { title: 'toxiproxy', version, takesAbout: 'half a minute' };
  await obtainGoCommands({ ...about, module, commands: ['cmd/server'], dir }, report);
  const [port = 0] = await freePorts(1);
  const command = [join(dir, 'server'), '-host', '127.0.0.1', '-port', String(port)] as const;
  const pid = await startProcess([...command], join(folder, 'toxiproxy.log'), 'attached');
  const url = `http://127.0.0.1:${port}`;
  await eventually('toxiproxy to answer', async () => (await fetch(`${url}/version`)).ok);

  async function call(method: string, path: string, body?: object): Promise<void> {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok && !(method === 'DELETE' && answer.status === 404))
      throw new Error(`toxiproxy: ${method} ${path}: ${answer.status} ${await answer.text()}`);
  }

  return {
    async link(name, upstream) {
      const [own = 0] = await freePorts(1);
      await call('POST', '/proxies', { name, listen: `127.0.0.1:${own}`, upstream, enabled: true });
      const at = `/proxies/${name}`;
      const toxic = (type: string, attributes: object) =>
        call('POST', `${at}/toxics`, { name: 'toxic', type, stream: 'downstream', attributes });
      return {
        port: own,
        cut: () => call('POST', at, { enabled: false }),
        stallAnswers: () => toxic('timeout', { timeout: 0 }),
        breakAnswersAfter: (bytes) => toxic('limit_data', { bytes }),
        async heal() {
          await call('DELETE', `${at}/toxics/toxic`);
          await call('POST', at, { enabled: true });
        },
      };
    },
    stop: () => stopProcess(pid),
  };
}
