import { expect, test } from 'vitest';
import { createDocuments } from '../../../ingest/http/documents.ts';
import { MemoryClock } from '../support/memory.ts';

function start() {
  const clock = new MemoryClock(0);
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const state = { status: 200, held: false };
  const documents = createDocuments(async (url) => {
    asked.push(url);
    if (state.held) await new Promise<void>((resolve) => waiting.push(resolve));
    if (state.status === 0) throw new TypeError('fetch failed');
    return { status: state.status, text: `text of ${url}` };
  }, clock);
  return { clock, asked, documents, state, release: () => waiting.splice(0).forEach((go) => void go()) };
}
const at = (name: string | number) => `https://example.com/${name}`;

test('a text is asked for once, also by many at a time, and again after a day', async () => {
  const { documents, asked, clock } = start();
  const texts = await Promise.all([1, 2, 3].map(() => documents.read(at('a'))));
  expect(new Set(texts)).toEqual(new Set([`text of ${at('a')}`]));
  await documents.read(at('a'));
  expect(asked).toHaveLength(1);
  clock.current += 24 * 60 * 60_000;
  await documents.read(at('a'));
  expect(asked).toHaveLength(2);
});

test('what is not there is not asked for again for a minute, and pushes out nothing that is', async () => {
  const { documents, asked, clock, state } = start();
  await documents.read(at('good'));
  state.status = 404;
  for (let count = 0; count < 200; count += 1) expect(await documents.read(at(count))).toBeNull();
  expect(asked).toHaveLength(201);
  await documents.read(at(199));
  expect(await documents.read(at('good'))).toBe(`text of ${at('good')}`);
  expect(asked).toHaveLength(201);
  clock.current += 60_000;
  state.status = 200;
  expect(await documents.read(at(199))).toBe(`text of ${at(199)}`);
});

test('the oldest of many is asked for again', async () => {
  const { documents, asked } = start();
  for (let count = 0; count < 100; count += 1) await documents.read(at(count));
  await documents.read(at(99));
  expect(asked).toHaveLength(100);
  await documents.read(at(0));
  expect(asked).toHaveLength(101);
});

test.each([0, 500, 429])('an answer that says nothing (%i) is not kept', async (status) => {
  const { documents, state } = start();
  state.status = status;
  await expect(documents.read(at('a'))).rejects.toMatchObject({
    problem: { status: 503, retryAfterSeconds: 2 },
  });
  state.status = 200;
  expect(await documents.read(at('a'))).toBe(`text of ${at('a')}`);
});

test('few are asked for at a time', async () => {
  const { documents, asked, state, release } = start();
  state.held = true;
  const first = [1, 2, 3, 4].map((name) => documents.read(at(name)));
  await expect(documents.read(at(5))).rejects.toMatchObject({ problem: { status: 503 } });
  release();
  await Promise.all(first);
  state.held = false;
  await documents.read(at(5));
  expect(asked).toHaveLength(5);
});
