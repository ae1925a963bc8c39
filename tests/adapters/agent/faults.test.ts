/** What happens to agents: killed, stopped, refused, robbed of their key. The sandbox of a service is the world. */
import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Intent } from '../../../domain/remediation/intent.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import type { Running } from '../../cli/run-sentinel.ts';
import { callOf } from '../../support/calls.ts';
import { type AgentFolder, agentFolder, newId, openSite, type Site, through } from './support.ts';

const environment = 'practice';
const target = { environment, service: 'orders', resource: 'host/web1' };
let site: Site;
let folder: AgentFolder;
let scratch: string;
let agent: Running;

const sandbox = (folders: readonly string[], actions = ['clear-sandbox']) => ({
  ...{ name: 'scratch', type: 'host', environments: [environment], service: 'orders', actions },
  ...{ folders, patterns: ['*'], olderThanSeconds: 60 },
});

beforeAll(async () => {
  site = await openSite();
  folder = agentFolder(site.url, await site.key('web1'), [sandbox(['/srv/nowhere'])]);
  scratch = join(folder.dir, 'scratch');
  mkdirSync(scratch);
  folder.write({ executors: [sandbox([scratch])] });
  agent = folder.start();
  await agent.until('connected');
});
afterAll(async () => {
  agent.child.kill('SIGKILL');
  await agent.done;
  folder.remove();
  await site.close();
});

function fill(): void {
  for (const name of ['a', 'b']) {
    writeFileSync(join(scratch, name), 'old');
    // Its change time is now, so the clean-up leaves it: what matters here is whether one is begun.
    utimesSync(join(scratch, name), 1, 1);
  }
}

async function intentOn(executor = through(site, 'scratch')): Promise<Intent> {
  fill();
  const [before] = await executor.observe(environment, 'orders');
  return {
    ...{
      id: newId(),
      incidentId: 'i',
      planHash: 'p',
      step: 0,
      direction: 'forward',
      action: 'clear-sandbox',
    },
    ...{
      target,
      executor: executor.name,
      parameters: {},
      fence: 1,
      before: before as TargetState,
      expects: [],
    },
  };
}

const soon = (number = 1) => callOf({ number, notAfterMs: Date.now() + 60_000 });
/** Sends that left their place in the trash of the sandbox: the vendor's own count. */
const begun = (): number => {
  try {
    return readdirSync(join(scratch, '.sentinel-trash')).length;
  } catch {
    return 0;
  }
};

async function restarted(): Promise<void> {
  agent = folder.start();
  await agent.until('connected');
}

test('an effect happens once, and an agent that was killed and started anew knows it', async () => {
  const executor = through(site, 'scratch');
  const [intent, before] = [await intentOn(), begun()];
  expect(await executor.lookUp(intent)).toBe('not-happened');
  const first = await executor.begin(intent, soon());
  expect(first).toMatchObject({ kind: 'done' });
  agent.child.kill('SIGKILL');
  await agent.done;
  await restarted();
  expect(await executor.lookUp(intent)).toBe('happened');
  expect(await executor.begin(intent, soon())).toMatchObject({ kind: 'done' });
  expect(await executor.begin(intent, soon(2))).toMatchObject({ kind: 'refused', code: 'overtaken' });
  expect(begun()).toBe(before + 1);
});

test('what the gate does not permit any more is not begun, and is known as such', async () => {
  const executor = through(site, 'scratch');
  const [intent, before] = [await intentOn(), begun()];
  site.permit = async () => ({ ok: false, reason: 'the kill switch is engaged' });
  const answer = await executor.begin(intent, soon());
  site.permit = async () => ({ ok: true });
  expect(answer).toMatchObject({ kind: 'refused', reason: expect.stringContaining('kill switch') });
  expect(await executor.lookUp(intent)).toBe('not-happened');
  expect(begun()).toBe(before);
});

test('an agent that is stopped while it asks, and goes on after the deadline, does not act', async () => {
  const executor = through(site, 'scratch');
  const [intent, before] = [await intentOn(), begun()];
  const asked = Promise.withResolvers<void>();
  const late = Date.now() + 5_000;
  site.permit = async () => {
    agent.child.kill('SIGSTOP');
    asked.resolve();
    return { ok: true };
  };
  const answer = executor.begin(intent, callOf({ number: 1, notAfterMs: late }));
  await Promise.race([asked.promise, answer]);
  await expect.poll(() => Date.now(), { timeout: 60_000 }).toBeGreaterThan(late + 500);
  site.permit = async () => ({ ok: true });
  agent.child.kill('SIGCONT');
  expect(await answer).toMatchObject({ kind: 'refused', code: 'too-late' });
  expect(begun()).toBe(before);
});

test('what its file does not name it refuses, whatever the server asks', async () => {
  const executor = through(site, 'scratch');
  const [intent, before] = [await intentOn(), begun()];
  const asked = async (more: Partial<Intent>) => executor.begin({ ...intent, id: newId(), ...more }, soon());
  expect(await asked({ action: 'restart' })).toMatchObject({ code: 'permission-denied' });
  expect(await asked({ target: { ...target, environment: 'production' } })).toMatchObject({
    code: 'permission-denied',
  });
  expect(await asked({ target: { ...target, resource: 'host/web2' } })).toMatchObject({
    code: 'unknown-target',
  });
  expect(await asked({ parameters: { folder: '/' } })).toMatchObject({ code: 'invalid' });
  expect(await through(site, 'docker').begin(intent, soon())).toMatchObject({ kind: 'unknown' });
  expect(begun()).toBe(before);
});

test('without an agent its targets are not reachable, and nothing is begun', async () => {
  const executor = through(site, 'scratch', 'web9');
  await expect(executor.observe(environment)).rejects.toThrow('the agent of web9 is not reachable');
  const intent = await intentOn();
  expect(await executor.begin(intent, soon())).toMatchObject({ kind: 'refused', code: 'unreachable' });
});

test('the key of another machine is refused, and so is a second agent with another record', async () => {
  const other = agentFolder(site.url, await site.key('web2'), [sandbox([scratch])]);
  expect(await other.start().done).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('the key is for web2'),
  });
  other.remove();
  const second = agentFolder(site.url, await site.key('web1'), [sandbox([scratch])]);
  const running = second.start();
  await running.until('another agent speaks for web1 already');
  running.child.kill('SIGKILL');
  await running.done;
  second.remove();
  expect(await through(site, 'scratch').observe(environment)).toHaveLength(1);
});

test('a file that others may write is not used', async () => {
  const open = agentFolder(site.url, 'sntl_x', [sandbox([scratch])]);
  rmSync(open.file);
  writeFileSync(open.file, 'host: web1', { mode: 0o600 });
  const { chmodSync } = await import('node:fs');
  chmodSync(open.file, 0o666);
  expect(await open.start().done).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('may be written by others'),
  });
  open.remove();
});
