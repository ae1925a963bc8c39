// `sentinel dlq` against a real HTTP server with the ports in memory.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import type { DeadLetter } from '../../api/ports/dead-letters.ts';
import { type HttpServer, startHttp } from '../../api/server.ts';
import { createWorld, type World } from '../api/in-memory.ts';
import { here } from './run-sentinel.ts';

let world: World;
let server: HttpServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-dlq-'));
  server = await startHttp({
    fetch: (request) => createApp(world.deps).fetch(request),
    host: '127.0.0.1',
    port: 0,
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  world = createWorld();
});

const dlq = (args: readonly string[], role: 'viewer' | 'operator' = 'operator') =>
  here(['dlq', ...args], {
    cwd: folder,
    env: { SENTINEL_URL: server.url, SENTINEL_API_KEY: world.keys[role] },
  });

const letter = (offset: number, changes: Partial<DeadLetter> = {}): DeadLetter => ({
  ...{
    id: `kafka-0-${offset}`,
    kind: 'kafka',
    source: `sentinel.alerts/3/${offset}`,
    topic: 'sentinel.alerts',
  },
  ...{ key: 'production/orders', reason: 'not-json', detail: 'Unexpected token \u001b[31m', failures: 2 },
  ...{ atMs: Date.UTC(2026, 0, 31, 12), replayedAtMs: null, replayedBy: null },
  ...changes,
});

test('list says what, where from and why; filters go to the API; nothing of a letter moves the cursor', async () => {
  world.deadLetters = [letter(42), letter(43, { replayedAtMs: 0, replayedBy: 'ada' })];
  const { stdout, code } = await dlq(
    ['list', '--reason', 'not-json', '--topic', 't', '--since', '90m'],
    'viewer',
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^ID .*\nkafka-0-42 +2026-01-31T12:00:00.000Z +sentinel.alerts\/3\/42 +production\/orders +2× +not-json +Unexpected/,
  );
  expect(stdout).not.toContain('kafka-0-43');
  expect(stdout).not.toContain('\u001b');
  const [asked] = world.deadLettersAsked;
  expect(asked).toMatchObject({ reason: 'not-json', topic: 't', replayed: false });
  expect(Date.now() - (asked?.sinceMs ?? 0)).toBeGreaterThanOrEqual(90 * 60_000);
  const json = await dlq(['list', '--replayed', '--json'], 'viewer');
  expect(JSON.parse(json.stdout)).toMatchObject({
    items: [{ id: 'kafka-0-43', replayedBy: 'ada' }],
    nextCursor: null,
  });
  expect((await dlq(['list', '--reason', 'too-large'], 'viewer')).stdout).toBe(
    'There are no dead letters.\n',
  );
  expect(await dlq(['list', '--since', 'soon'])).toMatchObject({ code: 2 });
});

test('list goes from page to page, up to its limit', async () => {
  world.deadLetters = Array.from({ length: 120 }, (_, index) => letter(index));
  const all = await dlq(['list', '--limit', '110', '--json']);
  expect(JSON.parse(all.stdout).items).toHaveLength(110);
  expect((await dlq(['list'])).stdout).toContain('There are more: raise --limit, or filter.');
});

test('show has the reason, the place and the contents', async () => {
  world.deadLetters = [letter(42)];
  world.deadLetterContents = { receivedAtMs: 0, bytes: 90_000, text: '{"a":\n"\u001b[2J"}', cut: true };
  const { stdout } = await dlq(['show', 'kafka-0-42'], 'viewer');
  expect(stdout).toContain('kafka-0-42: not-json\n');
  expect(stdout).toContain('from sentinel.alerts/3/42, key production/orders\n');
  expect(stdout).toContain('failed 2 times');
  expect(stdout).toContain('{"a":\n');
  expect(stdout).toContain('(the beginning of 90000 bytes)');
  expect(stdout).not.toContain('\u001b');
  expect(await dlq(['show', 'kafka-0-43'])).toMatchObject({
    code: 1,
    stderr: 'There is no dead letter kafka-0-43.\n',
  });
});

test('replay of some: what could not be is named, and is a failure', async () => {
  world.replayOutcomes.set('kafka-0-43', 'gone');
  const { stdout, stderr, code } = await dlq(['replay', 'kafka-0-42', 'kafka-0-43', '--note', 'repaired']);
  expect(world.replayed).toEqual([
    { ids: ['kafka-0-42', 'kafka-0-43'], by: 'operator-person', note: 'repaired' },
  ]);
  expect(stdout).toContain('kafka-0-42: replayed\n');
  expect(stdout).toContain('kafka-0-43: the record is not kept any more');
  expect(stderr).toBe('1 of 2 could not be replayed.\n');
  expect(code).toBe(1);
  world.replayOutcomes.set('kafka-0-43', 'already-replayed');
  expect(await dlq(['replay', 'kafka-0-43'])).toMatchObject({ code: 0 });
});

test('replay of all: a few at a time, only what nobody replayed, and nothing that became one meanwhile', async () => {
  world.deadLetters = [
    ...Array.from({ length: 120 }, (_, index) => letter(index)),
    letter(500, { replayedAtMs: 0, replayedBy: 'ada' }),
  ];
  const startedMs = Date.now();
  const { stdout, code } = await dlq(['replay', '--all', '--reason', 'not-json', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).items).toHaveLength(120);
  expect(world.replayed.map(({ ids }) => ids.length)).toEqual([50, 50, 20]);
  expect(world.replayed.flatMap(({ ids }) => ids)).not.toContain('kafka-0-500');
  for (const { untilMs, replayed } of world.deadLettersAsked) {
    expect(replayed).toBe(false);
    expect(untilMs).toBeLessThanOrEqual(Date.now());
    expect(untilMs).toBeGreaterThanOrEqual(startedMs);
  }
  world.deadLetters = [];
  expect((await dlq(['replay', '--all'])).stdout).toBe('There was nothing to replay.\n');
});

test('replay that is cut off in the middle says so', async () => {
  world.deadLetters = Array.from({ length: 120 }, (_, index) => letter(index));
  const { replay } = world.deps.deadLetters;
  const deadLetters = {
    ...world.deps.deadLetters,
    replay: async (...given: Parameters<typeof replay>) => {
      if (world.replayed.length === 2) throw new Error('killed');
      return replay(...given);
    },
  };
  Object.assign(world.deps, { deadLetters });
  const { stderr, code } = await dlq(['replay', '--all']);
  expect(stderr).toContain('Stopped after 100. Run the same again: nothing is replayed twice.');
  expect(code).toBe(1);
});

test('nothing is replayed by mistake: ids or --all, filters with --all, and not by a viewer', async () => {
  for (const args of [['replay'], ['replay', 'kafka-0-1', '--all'], ['replay', 'kafka-0-1', '--reason', 'x']])
    expect(await dlq(args)).toMatchObject({ code: 2 });
  expect(await dlq(['replay', 'kafka-0-1'], 'viewer')).toMatchObject({ code: 3 });
  expect(world.replayed).toEqual([]);
});
