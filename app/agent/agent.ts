// Puts an agent together: its executors as its file names them, its record of effects, its one connection.

import { createAgentClient } from '../../adapters/agent/side/client.ts';
import { openJournal } from '../../adapters/agent/side/journal.ts';
import { runAgent, whyNot } from '../../adapters/agent/side/run.ts';
import { createService, type Served } from '../../adapters/agent/side/service.ts';
import { executorVendors } from '../../adapters/executors.ts';
import { lockDirectory } from '../../adapters/postgres/database/directory-lock.ts';
import type { Logger } from '../../api/ports/logger.ts';
import type { AgentConfig, AgentExecutorConfig } from '../../config/agent.ts';
import { largestSkewMs } from '../../domain/agent/line.ts';
import { type Finding, missing, ok } from '../../domain/doctor.ts';
import { noAgents } from '../executors.ts';
import { openPrivateFolder } from '../private-files.ts';
import { version } from '../version.ts';

const nowMs = () => Date.now();

/** Resolves when it was asked to stop. */
export async function startAgent(config: AgentConfig, log: Logger, stopping: AbortSignal): Promise<void> {
  const { host, stateDir } = config;
  openPrivateFolder(stateDir);
  // One process has the record of effects: whoever finds it unlocked knows that the one before is gone.
  const unlock = await lockDirectory(stateDir);
  const journal = openJournal(stateDir, nowMs);
  const client = createAgentClient(config);
  try {
    const served = await Promise.all(config.executors.map(serve));
    const executors = served.map(({ name, type, actions, environments }) => ({
      ...{ name, type, actions, environments },
    }));
    await runAgent({
      ...{ host, client, nowMs, log, stopping },
      service: createService(host, served, journal, nowMs),
      about: { version, journal: journal.id, executors },
    });
  } finally {
    client.close();
    journal.close();
    await unlock();
  }
}

async function serve(config: AgentExecutorConfig): Promise<Served> {
  const { name, type, host, actions, environments } = config;
  const surroundings = { nowMs, agents: noAgents, serviceOf: ({ service }: { service: string }) => service };
  const about = { name, type, host, actions, environments };
  if (config.type === 'docker') {
    const parts = await executorVendors.docker.load();
    const readings = parts.watch?.(config, surroundings) ?? null;
    return { ...about, executor: parts.create(config, surroundings), readings };
  }
  const parts = await executorVendors.host.load();
  return { ...about, executor: parts.create(config, surroundings), readings: null };
}

/** Whether it could do its work here. Takes nothing over from an agent that runs. */
export async function checkAgentHere(config: AgentConfig): Promise<readonly Finding[]> {
  const [connection, ...executors] = await Promise.all([
    checkConnection(config),
    ...config.executors.map(async (one) =>
      one.type === 'docker'
        ? (await executorVendors.docker.load()).doctor(one)
        : (await executorVendors.host.load()).doctor(one),
    ),
  ]);
  return [...(connection ?? []), ...executors];
}

/** Asks as a session that does not exist: the key is judged, and nothing else happens. */
async function checkConnection(config: AgentConfig): Promise<readonly Finding[]> {
  const client = createAgentClient(config);
  const nobody = '00000000-0000-4000-8000-000000000000';
  const body = JSON.stringify({ session: nobody, holding: [] });
  try {
    const askedAtMs = nowMs();
    const reply = await client.post('/api/v1/agent/next', body, { withinMs: 10_000 });
    if (reply.status !== 200)
      return [
        missing('Connection', `${config.url}: ${whyNot(reply)}`, 'Make a key: docs/agent.md says how.'),
      ];
    const connection = ok('Connection', `${config.url} accepts the key`);
    if (reply.sentAtMs === null) return [connection];
    const skewMs = (askedAtMs + nowMs()) / 2 - (reply.sentAtMs + 500);
    const far = `${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs > 0 ? 'ahead of' : 'behind'} Sentinel's`;
    if (Math.abs(skewMs) > largestSkewMs)
      return [
        connection,
        missing('Clock', far, 'Set it, and keep it in step (NTP): nothing is done until then.'),
      ];
    return [connection, ok('Clock', `in step with Sentinel's, to ${largestSkewMs / 1_000} s`)];
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return [missing('Connection', said, 'Check `url` and `caFile`, and that the way there is open.')];
  } finally {
    client.close();
  }
}
