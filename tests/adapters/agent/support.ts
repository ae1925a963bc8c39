/** An agent as a process of its own, connected to a real API over a real database; and executors that ask it. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { AgentLine } from '../../../activities/ports/agent-line.ts';
import type { Executor } from '../../../activities/ports/executor.ts';
import { createAgentExecutor } from '../../../adapters/agent/executor.ts';
import { createAgentDesk, type PermitCall } from '../../../adapters/postgres/agents/desk.ts';
import { createAgentLine, createBells } from '../../../adapters/postgres/agents/line.ts';
import { createApiKeys } from '../../../adapters/postgres/api-keys.ts';
import { openDatabase } from '../../../adapters/postgres/index.ts';
import { createApp } from '../../../api/app.ts';
import type { AgentDesk } from '../../../api/ports/agents.ts';
import { startHttp } from '../../../api/server.ts';
import { nobody } from '../../../domain/policy/people.ts';
import { createWorld } from '../../api/in-memory.ts';
import { type Running, startSentinel } from '../../cli/run-sentinel.ts';
import { migratedDatabase } from '../../support/migrated-database.ts';

export interface Site {
  readonly url: string;
  readonly databaseUrl: string;
  readonly line: AgentLine;
  readonly desk: AgentDesk;
  /** What the gate answers. */
  permit: PermitCall;
  key(host: string): Promise<string>;
  revokeAll(): Promise<void>;
  close(): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const server = await migratedDatabase();
  const database = await openDatabase({ url: server.url, maxConnections: 12 });
  const bells = createBells(database.db);
  const apiKeys = createApiKeys(database.db, nobody);
  const { deps } = createWorld();
  const agents = createAgentDesk(database.db, bells, (...asked) => site.permit(...asked));
  const line = createAgentLine(database.db, bells);
  const app = createApp({ ...deps, apiKeys, agents });
  const http = await startHttp({ fetch: app.fetch, host: '127.0.0.1', port: 0 });
  const admin = { keyId: 'k', name: 'ann', role: 'admin', person: 'ann' } as const;
  const made: string[] = [];
  const site: Site = {
    url: http.url,
    databaseUrl: server.url,
    desk: agents,
    line,
    permit: async () => ({ ok: true }),
    async key(host) {
      const { keyId, key } = await apiKeys.create({ name: `agent of ${host}`, role: 'agent', host }, admin);
      made.push(keyId);
      return key;
    },
    async revokeAll() {
      for (const keyId of made) await apiKeys.revoke(keyId, admin);
    },
    async close() {
      agents.close();
      await http.close();
      line.close();
      await database.close();
      await server.drop();
    },
  };
  return site;
}

export interface AgentFolder {
  readonly dir: string;
  readonly file: string;
  write(more?: object): void;
  start(): Running;
  remove(): void;
}

/** What is run there keeps its record of effects. */
export function agentFolder(
  url: string,
  key: string,
  executors: readonly object[],
  more: object = {},
): AgentFolder {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-agent-'));
  const [file, keyFile, stateDir] = [join(dir, 'agent.yaml'), join(dir, 'key'), join(dir, 'state')];
  const write = (changes: object = {}): void =>
    writeFileSync(file, stringify({ host: 'web1', url, keyFile, stateDir, executors, ...more, ...changes }), {
      mode: 0o600,
    });
  mkdirSync(stateDir);
  writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
  write();
  return {
    dir,
    file,
    write,
    start: () => startSentinel(['agent', 'run', '--config', file]),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export function through(site: Site, executor = 'docker', agent = 'web1'): Executor {
  return createAgentExecutor({ name: `${agent}-${executor}`, agent, executor }, site.line);
}

export const newId = (): string => `intent-${randomUUID()}`;

/** A sandbox as the file of an agent names it; everything in it is too young to be removed. */
export function sandboxOfFile(folders: readonly string[], more: object = {}): object {
  return {
    ...{ name: 'scratch', type: 'host', environments: ['practice'], service: 'orders', folders },
    ...{ patterns: ['*.tmp'], olderThanSeconds: 3_600, actions: ['clear-sandbox'] },
    ...more,
  };
}
