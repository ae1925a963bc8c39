/** The clean-up of a sandbox on real folders: what it removes, leaves, keeps, puts back, and does only once. */
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call } from '../../../activities/ports/executor.ts';
import { createHostExecutor, type HostSettings } from '../../../adapters/host/executor.ts';
import { host } from '../../../adapters/host/index.ts';
import { restorable, restoreBatch } from '../../../adapters/host/restore.ts';
import { matches } from '../../../adapters/host/rules.ts';
import { withFolders } from '../../../adapters/host/sandbox.ts';
import { cleanHostileTrees } from '../../../bench/support/hostile-trees/run.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { callOf } from '../../support/calls.ts';

const isLinux = process.platform === 'linux';
/** Everything was written just now: by this clock it is two hours old. */
const nowMs = Date.now() + 7_200_000;

describe.runIf(isLinux)('the sandbox of a host', () => {
  let base: string;
  let sandbox: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'sentinel-host-'));
    sandbox = join(base, 'sandbox');
    mkdirSync(join(sandbox, 'inner'), { recursive: true });
    writeFileSync(join(base, 'precious'), 'precious');
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  const executorOf = (more: Partial<HostSettings> = {}) =>
    createHostExecutor(
      {
        ...{ name: 'web1', host: 'web1', service: 'orders', folders: [sandbox], patterns: ['*.tmp'] },
        ...{ olderThanSeconds: 3_600, limitBytes: 1_000, trashBytes: 1_000, ...more },
      },
      { nowMs: () => nowMs },
    );
  const target = { environment: 'practice', service: 'orders', resource: 'host/web1' };
  const intentOf = (id = 'intent-1', more: Partial<Intent> = {}) =>
    ({ id, action: 'clear-sandbox', target, parameters: {}, ...more }) as unknown as Intent;
  const call = (more: Partial<Call> = {}) => callOf({ number: 1, notAfterMs: nowMs + 5_000 }, more);
  const write = (name: string, size = 10) => writeFileSync(join(sandbox, name), 'x'.repeat(size));
  const there = () =>
    readdirSync(sandbox, { recursive: true })
      .map(String)
      .filter((name) => !name.startsWith('.sentinel-trash'))
      .toSorted();

  it('is told with its size, and cleaned of what is old and named', async () => {
    write('a.tmp', 300);
    write('inner/b.tmp', 200);
    write('keep.log', 100);
    const executor = executorOf();
    const [seen] = await executor.observe('practice', 'orders');
    expect(seen).toMatchObject({
      target,
      sandbox: { usedBytes: 600, limitBytes: 1_000 },
      supports: ['clear-sandbox'],
    });
    expect(await executor.observe('practice', 'payments')).toEqual([]);
    expect(await executor.preview(intentOf())).toMatchObject({
      ok: true,
      detail: expect.stringContaining('would remove 2 of 3 files'),
    });
    expect(there()).toEqual(['a.tmp', 'inner', 'inner/b.tmp', 'keep.log']);
    const begun = await executor.begin(intentOf(), call({ revision: seen?.revision }));
    expect(begun).toMatchObject({
      kind: 'done',
      summary: expect.stringMatching(/^2 files .* removed, 2 of them can/),
    });
    expect(there()).toEqual(['inner', 'keep.log']);
    expect(await executor.observe('practice')).toMatchObject([{ sandbox: { usedBytes: 100 } }]);
  });

  it('keeps what is young by either of its times', async () => {
    write('a.tmp');
    const executor = executorOf({ olderThanSeconds: 8_000 });
    expect(await executor.begin(intentOf(), call())).toMatchObject({
      kind: 'done',
      summary: expect.stringMatching(/^0 files/),
    });
    expect(there()).toEqual(['a.tmp', 'inner']);
  });

  it('leaves what only looks as if it were in it', async () => {
    symlinkSync(join(base, 'precious'), join(sandbox, 'link.tmp'));
    linkSync(join(base, 'precious'), join(sandbox, 'second-name.tmp'));
    mkdirSync(join(base, 'other'));
    writeFileSync(join(base, 'other', 'c.tmp'), 'c');
    symlinkSync(join(base, 'other'), join(sandbox, 'folder'));
    mkdirSync(join(sandbox, 'inner', 'Data'));
    write('inner/Data/d.tmp');
    writeFileSync(join(base, 'single.tmp'), 'one name');
    symlinkSync(join(base, 'single.tmp'), join(sandbox, 'to-single.tmp'));
    expect(await executorOf().preview(intentOf())).toMatchObject({
      detail: expect.stringContaining('remove 0 of 1 files'),
    });
    await executorOf().begin(intentOf(), call());
    expect(there()).toEqual([
      'folder',
      'folder/c.tmp',
      'inner',
      'inner/Data',
      'inner/Data/d.tmp',
      'link.tmp',
      'second-name.tmp',
      'to-single.tmp',
    ]);
    expect(readdirSync(join(base, 'other'))).toEqual(['c.tmp']);
    expect(readFileSync(join(base, 'precious'), 'utf8')).toBe('precious');
  });

  it('is not entered through a link', async () => {
    write('a.tmp');
    symlinkSync(sandbox, join(base, 'linked'));
    const executor = executorOf({ folders: [join(base, 'linked')] });
    await expect(executor.observe('practice')).rejects.toThrow('linked is a link, or no folder');
    expect(await executor.begin(intentOf(), call())).toMatchObject({ kind: 'refused' });
    expect(await executorOf({ folders: [join(base, 'nowhere')] }).preview(intentOf())).toMatchObject({
      ok: false,
      code: 'unknown-target',
    });
    expect(there()).toContain('a.tmp');
  });

  it('is cleaned once for a send, and never after the send was closed', async () => {
    const executor = executorOf();
    write('a.tmp');
    expect(await executor.lookUp(intentOf())).toBe('not-happened');
    await executor.begin(intentOf(), call());
    expect(await executor.lookUp(intentOf())).toBe('happened');
    write('b.tmp');
    expect(await executor.begin(intentOf(), call())).toMatchObject({ kind: 'refused', code: 'overtaken' });
    expect(await executor.close?.(intentOf(), { number: 1, notAfterMs: 0 })).toBe('happened');
    expect(await executor.close?.(intentOf('intent-2'), { number: 1, notAfterMs: 0 })).toBe('not-happened');
    expect(await executor.begin(intentOf('intent-2'), call())).toMatchObject({
      kind: 'refused',
      code: 'overtaken',
    });
    expect(await executor.lookUp(intentOf('intent-2'))).toBe('not-happened');
    expect(there()).toContain('b.tmp');
    expect(await executor.begin(intentOf('intent-2'), call({ number: 2 }))).toMatchObject({ kind: 'done' });
    expect(there()).not.toContain('b.tmp');
  });

  it('is not said to be cleaned, nor not, when a clean-up began and did not end', async () => {
    const executor = executorOf();
    write('a.tmp');
    const dies = call({
      permit: async () => {
        throw new Error('the process ends here');
      },
    });
    for (let n = 0; n < 60; n += 1) write(`${n}.tmp`);
    expect(await executor.begin(intentOf(), dies)).toMatchObject({ kind: 'unknown' });
    expect(await executor.lookUp(intentOf())).toBe('cannot-tell');
    expect(await executor.close?.(intentOf(), { number: 1, notAfterMs: 0 })).toBe('cannot-tell');
  });

  it('is left alone as soon as it may not be cleaned any more, and what was done is told', async () => {
    for (let n = 0; n < 120; n += 1) write(`${n}.tmp`, 1);
    const executor = executorOf();
    const stopped = call({ permit: async () => ({ ok: false, reason: 'the kill switch is engaged' }) });
    const begun = await executor.begin(intentOf(), stopped);
    expect(begun).toMatchObject({ kind: 'accepted' });
    const handle = begun.kind === 'accepted' ? begun.handle : '';
    expect(await executor.poll(intentOf(), handle, stopped.signal)).toMatchObject({
      kind: 'failed',
      reason: 'the kill switch is engaged',
      left: expect.stringMatching(/^50 files/),
    });
    expect(there().length).toBe(71);
  });

  it('is told as ended early when it may not go on to its next folder', async () => {
    const second = join(base, 'second');
    mkdirSync(second);
    write('a.tmp');
    writeFileSync(join(second, 'b.tmp'), 'b');
    const executor = executorOf({ folders: [sandbox, second] });
    const stopped = call({ permit: async () => ({ ok: false, reason: 'the kill switch is engaged' }) });
    const begun = await executor.begin(intentOf(), stopped);
    expect(begun).toMatchObject({ kind: 'accepted' });
    expect(await executor.poll(intentOf(), '1', stopped.signal)).toMatchObject({
      kind: 'failed',
      reason: 'the kill switch is engaged',
      left: expect.stringMatching(/^1 files/),
    });
    expect(readdirSync(second)).toContain('b.tmp');
  });

  it('keeps a file that somebody writes between the judgement and the move', async () => {
    for (let n = 0; n < 60; n += 1) write(`${n}.tmp`);
    const meddles = call({
      permit: async () => {
        for (const name of there().filter((one) => one !== 'inner')) write(name, 20);
        return { ok: true };
      },
    });
    expect(await executorOf().begin(intentOf(), meddles)).toMatchObject({
      summary: expect.stringMatching(/^59 files/),
    });
    const [left = '', ...others] = there().filter((one) => one !== 'inner');
    expect(others).toEqual([]);
    expect(readFileSync(join(sandbox, left), 'utf8')).toBe('x'.repeat(20));
    // Each has a place of its own in the trash, so none can fall on another there.
    const trash = join(sandbox, '.sentinel-trash');
    const list = readFileSync(join(trash, readdirSync(trash)[0] ?? '', 'list.jsonl'), 'utf8');
    const slots = [...list.matchAll(/"slot":"(\d+)"/g)].map(([, slot]) => slot);
    expect(new Set(slots).size).toBe(60);
  });

  it('is not cleaned late, nor when another folder has its place, nor for anybody else', async () => {
    write('a.tmp');
    const executor = executorOf();
    const [seen] = await executor.observe('practice');
    expect(await executor.begin(intentOf(), call({ notAfterMs: nowMs - 1 }))).toMatchObject({
      code: 'too-late',
    });
    expect(await executor.begin(intentOf('i', { action: 'restart' }), call())).toMatchObject({
      code: 'not-supported',
    });
    const elsewhere = { ...target, resource: 'host/web2' };
    expect(await executor.begin(intentOf('i', { target: elsewhere }), call())).toMatchObject({
      code: 'unknown-target',
    });
    renameSync(sandbox, join(base, 'old'));
    mkdirSync(sandbox);
    write('b.tmp');
    expect(await executor.begin(intentOf(), call({ revision: seen?.revision }))).toMatchObject({
      code: 'changed-meanwhile',
    });
    expect(there()).toEqual(['b.tmp']);
    expect(existsSync(join(base, 'old', 'a.tmp'))).toBe(true);
  });

  it('keeps what it removed as long as there is room, and puts it back over nothing', async () => {
    write('a.tmp', 400);
    write('inner/b.tmp', 300);
    write('large.tmp', 2_000);
    await executorOf().begin(intentOf(), call());
    expect(there()).toEqual(['inner']);
    rmSync(join(sandbox, 'inner'), { recursive: true });
    writeFileSync(join(sandbox, 'a.tmp'), 'new');
    const answer = await withFolders([sandbox], ([opened]) => {
      if (opened === undefined) throw new Error('not opened');
      const [batch] = restorable(opened);
      return restoreBatch(opened, batch?.name ?? '');
    });
    expect(answer).toEqual({ restored: 1, inTheWay: ['a.tmp'], gone: 1 });
    expect(there()).toEqual(['a.tmp', 'inner', 'inner/b.tmp']);
    expect(readFileSync(join(sandbox, 'a.tmp'), 'utf8')).toBe('new');
    expect(readFileSync(join(sandbox, 'inner/b.tmp'), 'utf8')).toBe('x'.repeat(300));
  });

  it('has a trash that does not grow: the oldest goes for good', async () => {
    const executor = executorOf();
    for (let n = 1; n <= 4; n += 1) {
      write(`${n}.tmp`, 400);
      await executor.begin(intentOf(`intent-${n}`), call());
    }
    const kept = await withFolders([sandbox], ([opened]) => (opened === undefined ? [] : restorable(opened)));
    expect(kept.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(1_000);
    expect(kept.length).toBeGreaterThan(0);
  });

  it('touches nothing outside, whatever somebody made of it', { timeout: 600_000 }, async () => {
    const isRoot = process.getuid?.() === 0;
    const result = await cleanHostileTrees({ trees: 120, raceEvery: 12, mountEvery: isRoot ? 30 : 0 });
    expect(result.problems).toEqual([]);
    expect(result).toMatchObject({ withRaces: 10, withMounts: isRoot ? 4 : 0 });
    expect(result.removed).toBeGreaterThan(200);
    expect(result.trapped).toBeGreaterThan(0);
  });
});

describe('the configuration of a sandbox', () => {
  const accepts = (...folders: string[]) =>
    host.settings.safeParse({ host: 'web1', service: 'orders', folders }).success;

  it.each(['/var/tmp/orders', '/srv/orders/scratch'])('may name %s', (folder) =>
    expect(accepts(folder)).toBe(true),
  );

  it.each([
    '/',
    '/tmp',
    'tmp/orders',
    '/var/../etc/orders',
    '/var/tmp/',
    '/srv/data/scratch',
    '/srv/scratch/Data',
    '//srv/x',
  ])('may not name %s', (folder) => expect(accepts(folder)).toBe(false));
});

it('a pattern is a whole name in which * stands for anything', () => {
  expect(matches('*.tmp', 'a.tmp')).toBe(true);
  expect(matches('*.tmp', 'a.tmp.keep')).toBe(false);
  expect(matches('core.*', 'core.1')).toBe(true);
  expect(matches('a*a', 'a')).toBe(false);
  expect(matches('*a*b*', 'xxaxxbxx')).toBe(true);
  expect(matches('*a*b*', 'ba')).toBe(false);
  expect(matches('a.b', 'axb')).toBe(false);
});
