/** `sentinel agent check`: what whoever sets an agent up is told, from a process on its machine. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sentinel } from '../../cli/run-sentinel.ts';
import { describeWith } from '../../support/component.ts';
import type { PostgresInfo } from '../../support/components/postgres.ts';
import { startFaultyServer } from '../../support/faulty-server.ts';
import { type AgentFolder, agentFolder, openSite, type Site, sandboxOfFile } from './support.ts';

await describeWith<PostgresInfo>('postgres', 'sentinel agent check', () => {
  let site: Site;
  let folder: AgentFolder;
  beforeAll(async () => {
    site = await openSite();
    folder = agentFolder(site.url, await site.key('web1'), []);
    mkdirSync(join(folder.dir, 'scratch'));
  });
  afterAll(async () => {
    folder?.remove();
    await site?.close();
  });

  type Checked = { readonly ok: boolean; readonly findings: readonly { name: string; status: string }[] };
  const scratch = () => sandboxOfFile([join(folder.dir, 'scratch')]);
  async function check(changes: object = {}) {
    folder.write({ executors: [scratch()], ...changes });
    const ran = await sentinel(['agent', 'check', '--json', '--config', folder.file]);
    return { ...ran, said: JSON.parse(ran.stdout.split('\n')[0] || 'null') as Checked | null };
  }

  test('everything in order: the key, the clock, and what the file names', async () => {
    const { code, said } = await check();
    expect(said).toMatchObject({
      ok: true,
      findings: [
        { name: 'Connection', status: 'ok', detail: `${site.url} accepts the key` },
        { name: 'Clock', status: 'ok' },
        { name: 'Executor scratch', status: 'ok' },
      ],
    });
    expect(code).toBe(0);
    const words = await sentinel(['agent', 'check', '--config', folder.file]);
    expect(words.stdout).toContain(`ok      Connection: ${site.url} accepts the key`);
  });

  test('it takes nothing over from an agent that runs', async () => {
    folder.write({ executors: [scratch()] });
    const agent = folder.start();
    await agent.until('connected');
    const before = await site.line.seen('web1');
    expect((await check()).code).toBe(0);
    const question = { executor: 'scratch', method: 'observe', input: { environment: 'practice' } };
    const answer = await site.line.ask('web1', question, { withinMs: 60_000 });
    expect(answer).toMatchObject({ kind: 'answered', answer: { ok: true } });
    expect(before).toMatchObject({ there: true });
    agent.child.kill('SIGTERM');
    const { stdout, stderr } = await agent.done;
    expect(stdout + stderr).not.toContain('the session is over');
  });

  test('a server that is not there is missing; a folder that is not there is a note', async () => {
    const away = await check({ url: 'http://127.0.0.1:1' });
    expect(away.said?.findings[0]).toMatchObject({
      ...{ name: 'Connection', status: 'missing', detail: expect.stringContaining('cannot be reached') },
    });
    expect(away.code).toBe(1);
    const without = await check({ executors: [sandboxOfFile(['/srv/sentinel-nowhere'])] });
    expect(without.said?.findings).toContainEqual(
      expect.objectContaining({
        ...{ name: 'Executor scratch', status: 'warning' },
        detail: expect.stringContaining('sentinel-nowhere'),
      }),
    );
    expect(without.code).toBe(0);
  });

  test('a clock that is far off is missing', async () => {
    const late = await startFaultyServer(() => ({
      ...{ status: 200, body: JSON.stringify({ kind: 'over' }) },
      headers: { date: new Date(Date.now() + 3_600_000).toUTCString() },
    }));
    const { code, said } = await check({ url: late.url });
    await late.close();
    expect(said?.findings[1]).toMatchObject({
      ...{
        name: 'Clock',
        status: 'missing',
        detail: expect.stringMatching(/^3[56]\d\d s behind Sentinel's/),
      },
    });
    expect(code).toBe(1);
  });

  test('a key that was revoked is told as such', async () => {
    await site.revokeAll();
    const { code, said } = await check();
    expect(code).toBe(1);
    expect(said?.findings[0]).toMatchObject({
      ...{ name: 'Connection', status: 'missing', advice: expect.stringContaining('docs/agent.md') },
      detail: expect.stringContaining('the key is not accepted'),
    });
  });
});
