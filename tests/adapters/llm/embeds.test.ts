// Embeddings of a provider, over HTTP: what is sent, and what becomes of an answer that is none.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { compatible } from '../../../adapters/llm/compatible/index.ts';
import { openai } from '../../../adapters/llm/openai/index.ts';
import { openMemory } from '../../../app/memory/open.ts';
import { loadConfig } from '../../../config/load.ts';

type Asked = {
  readonly path: string;
  readonly key: string | undefined;
  readonly body: { readonly input: string[] };
};
const asked: Asked[] = [];
let answer: (texts: readonly string[]) => { readonly status: number; readonly body: unknown };
const vectorsOf = (texts: readonly string[]) => ({
  status: 200,
  body: {
    object: 'list',
    model: 'm',
    usage: { prompt_tokens: 1, total_tokens: 1 },
    data: texts.map((text, index) => ({ object: 'embedding', index, embedding: [text.length, 1] })),
  },
});
const server = createServer((request, response) => {
  void (async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Asked['body'];
    asked.push({ path: request.url ?? '', key: request.headers.authorization, body });
    const { status, body: said } = answer(body.input);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(said));
  })();
});
let baseUrl = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => void server.close());
beforeEach(() => {
  asked.length = 0;
  answer = vectorsOf;
});

const model = {
  ...{ name: 'mine', model: 'chat', timeoutMs: 60_000, structuredOutput: 'schema' as const },
  prices: { input: 0, output: 0 },
} as const;
const embedsOf = async () =>
  (await compatible.load()).embedding?.(
    { ...model, baseUrl, sendApiKey: true },
    { apiKey: 'sesame' },
    'nomic-embed-text',
  );

test('descriptions are sent redacted, with the key, to the embedding model that was named', async () => {
  const embeds = await embedsOf();
  expect(await embeds?.(['disk is full', 'login with password=hunter2hunter2 fails'])).toHaveLength(2);
  expect(asked).toMatchObject([
    { path: '/v1/embeddings', key: 'Bearer sesame', body: { model: 'nomic-embed-text' } },
  ]);
  expect(asked[0]?.body.input[0]).toBe('disk is full');
  expect(JSON.stringify(asked)).not.toContain('hunter2');
});

test('one that answers with an error is asked once, and says so', async () => {
  answer = () => ({ status: 500, body: { error: { message: 'overloaded' } } });
  const embeds = await embedsOf();
  await expect(embeds?.(['disk is full'])).rejects.toThrow();
  expect(asked).toHaveLength(1);
});

test('OpenAI is asked for embeddings in the same way', async () => {
  const embeds = (await openai.load()).embedding?.({ ...model, baseUrl }, { apiKey: 'sesame' }, 'small');
  expect(await embeds?.(['disk is full'])).toEqual([[12, 1]]);
});

/** As a start opens it, with nothing but its configuration; the database is not asked for yet. */
async function opened(file: string, env: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-memory-'));
  writeFileSync(join(folder, 'sentinel.yaml'), file);
  const loaded = loadConfig({ cwd: folder, env });
  rmSync(folder, { recursive: true });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const off: string[] = [];
  const kept = { find: async () => new Map(), keep: async () => {}, prune: async () => {} };
  const database = { db: null as never, vectorProblem: null };
  const memory = await openMemory(loaded.config, database, kept, Date.now, (why) => void off.push(why));
  return { memory, off };
}
const provider = (more = '') =>
  `memory: { enabled: true, embedding: { provider: mine, model: nomic-embed-text } }
model:
  ${more}
  providers: [{ type: compatible, name: mine, model: chat, baseUrl: "${baseUrl}" }]`;

test('a configured provider makes the vectors of the memory', async () => {
  const { memory, off } = await opened(provider());
  expect(off).toEqual([]);
  expect(memory?.memory.name).toBe('pgvector/compatible-nomic-embed-text');
  expect(await memory?.embedder.embed(['disk is full'])).toEqual([[12, 1]]);
});

test.each([
  ['no text may leave the machine', () => provider('texts: false'), /model.texts is false/],
  [
    'no provider of that name',
    () => 'memory: { enabled: true, embedding: { provider: nobody } }',
    /none named nobody/,
  ],
  [
    'a provider without embeddings',
    () =>
      'memory: { enabled: true, embedding: { provider: a } }\nmodel: { providers: [{ type: anthropic, name: a, model: m }] }',
    /SENTINEL_ANTHROPIC_API_KEY is not set/,
  ],
])('%s: nothing is remembered, and the reason is said', async (_name, file, reason) => {
  const { memory, off } = await opened(file());
  expect(memory).toBeNull();
  expect(off).toEqual([expect.stringMatching(reason)]);
});

test('a provider that has no embeddings is named', async () => {
  const { memory, off } = await opened(
    'memory: { enabled: true, embedding: { provider: a } }\nmodel: { providers: [{ type: anthropic, name: a, model: m }] }',
    { SENTINEL_ANTHROPIC_API_KEY: 'sesame' },
  );
  expect(memory).toBeNull();
  expect(off).toEqual(['a (anthropic) has no embeddings']);
});

test('off by default', async () => {
  expect(await opened('')).toEqual({ memory: null, off: [] });
});
