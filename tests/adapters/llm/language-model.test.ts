/** One question, one request, and every way to fail told apart: against a local server that speaks the real protocols. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openAnthropic } from '../../../adapters/llm/anthropic/open.ts';
import { openCompatible } from '../../../adapters/llm/compatible/open.ts';
import { openGroq } from '../../../adapters/llm/groq/open.ts';
import { createLanguageModel } from '../../../adapters/llm/language-model.ts';
import { openOpenAI } from '../../../adapters/llm/openai/open.ts';
import type { ModelSettings } from '../../../adapters/llm/settings.ts';
import type { ModelMode } from '../../../bench/support/model-server/behaviours.ts';
import { type ModelServer, startModelServer } from '../../../bench/support/model-server/server.ts';

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.mode = 'correct';
  server.answer = () => ({ verdict: 'inconclusive', summary: 's', hypotheses: [], risks: [] });
});

function settings(more: Partial<ModelSettings> = {}): ModelSettings {
  return {
    name: 'local',
    model: 'fake-1',
    baseUrl: server.url,
    apiKey: 'the-key',
    timeoutMs: 60_000,
    structuredOutput: 'schema',
    prices: { input: 1, output: 2 },
    ...more,
  };
}

const openers = { groq: openGroq, openai: openOpenAI, anthropic: openAnthropic, compatible: openCompatible };

function ask({
  type = 'compatible',
  ...more
}: Partial<ModelSettings> & { readonly type?: keyof typeof openers } = {}) {
  return createLanguageModel(settings(more), openers[type]).ask({
    system: 'be brief',
    prompt: 'why?',
    maxOutputTokens: 500,
  });
}

describe.each([
  ['groq', '/v1/chat/completions', 'authorization'],
  ['openai', '/v1/chat/completions', 'authorization'],
  ['anthropic', '/v1/messages', 'x-api-key'],
  ['compatible', '/v1/chat/completions', 'authorization'],
] as const)('%s', (type, path, keyHeader) => {
  it('is asked once, with its key, and answers with the object and its tokens', async () => {
    const before = server.requests.length;
    const reply = await ask({ type, model: type === 'anthropic' ? 'claude-sonnet-4-5' : 'fake-1' });
    expect(reply).toMatchObject({
      kind: 'answer',
      text: expect.stringContaining('"verdict":"inconclusive"'),
      usage: { inputTokens: 1_000, outputTokens: expect.any(Number) },
    });
    expect(server.requests).toHaveLength(before + 1);
    const request = server.requests.at(-1);
    expect(request).toMatchObject({ path, system: 'be brief', prompt: 'why?' });
    expect(request?.headers[keyHeader]).toContain('the-key');
  });

  it('is asked for a schema, for JSON, or for nothing in particular', async () => {
    for (const structuredOutput of ['schema', 'json', 'none'] as const) {
      expect(await ask({ type, structuredOutput, model: 'claude-sonnet-4-5' })).toMatchObject({
        kind: 'answer',
      });
    }
    if (type === 'anthropic') return;
    const formats = server.requests
      .slice(-3)
      .map(({ body }) => (body.response_format as { type?: string })?.type);
    expect(formats).toEqual(['json_schema', 'json_object', undefined]);
  });
});

it.each(['claude-3-5-haiku-latest', 'claude-sonnet-4-5'])(
  '%s answers, whichever way it takes a schema',
  async (model) => {
    expect(await ask({ type: 'anthropic', model })).toMatchObject({ kind: 'answer' });
  },
);

it('reads nothing from the environment: no key, no other address', async () => {
  vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:9/v1');
  vi.stubEnv('OPENAI_API_KEY', 'key-of-the-environment');
  const reply = await ask({ type: 'openai', apiKey: null });
  vi.unstubAllEnvs();
  expect(reply.kind).toBe('answer');
  expect(JSON.stringify(server.requests.at(-1)?.headers)).not.toContain('key-of-the-environment');
});

it('sends no key where none is configured', async () => {
  await ask({ apiKey: null });
  expect(server.requests.at(-1)?.headers.authorization).toBeUndefined();
});

const outcomes: readonly (readonly [ModelMode, object])[] = [
  ['in a code fence', { kind: 'answer' }],
  ['malformed', { kind: 'invalid' }],
  ['truncated', { kind: 'invalid', reason: 'the answer was cut off' }],
  ['deeply nested', { kind: 'answer' }],
  ['prose', { kind: 'refused', reason: 'words instead of an answer' }],
  ['empty', { kind: 'refused', reason: 'an empty answer' }],
  ['a bare array', { kind: 'refused' }],
  ['refusing', { kind: 'refused' }],
  ['filtered', { kind: 'refused' }],
  ['rate-limited', { kind: 'overloaded', retryAfterMs: 1_000 }],
  ['rate-limited for long', { kind: 'overloaded', retryAfterMs: 3_600_000 }],
  ['server error', { kind: 'failed', paid: false }],
  ['unauthorised', { kind: 'failed', paid: false }],
  ['redirecting', { kind: 'failed' }],
  ['wrong content type', { kind: 'failed', paid: true }],
  ['no choices', { kind: 'failed', paid: true }],
  ['dropped connection', { kind: 'failed', paid: true }],
  ['endless', { kind: 'failed', paid: true }],
];

it.each(outcomes)('a provider that is "%s" becomes %j, after one request', async (mode, expected) => {
  server.mode = mode;
  const before = server.requests.length;
  expect(await ask()).toMatchObject(expected);
  expect(server.requests).toHaveLength(before + 1);
});

it('a provider that says nothing is given up at its time-out, and counts as perhaps paid', async () => {
  server.mode = 'silent';
  expect(await ask({ timeoutMs: 50 })).toEqual({
    kind: 'failed',
    paid: true,
    reason: 'local gave no answer within 50 ms',
  });
});

it('a provider that is not there costs nothing', async () => {
  const gone = await startModelServer();
  await gone.stop();
  expect(await ask({ baseUrl: gone.url })).toMatchObject({ kind: 'failed', paid: false });
});
