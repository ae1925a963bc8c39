/** Where servers that speak the protocol of chat completions put an answer, and what they say when there is none. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCompatible } from '../../../adapters/llm/compatible/open.ts';
import { createLanguageModel } from '../../../adapters/llm/language-model.ts';
import type { ModelSettings } from '../../../adapters/llm/settings.ts';

const answer = { verdict: 'inconclusive', summary: 'Not enough to tell.', hypotheses: [], risks: [] };
const json = JSON.stringify(answer);

let reply: { status: number; body: unknown };
let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(reply.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

function ask(status: number, body: unknown, structuredOutput: 'schema' | 'none' = 'none') {
  reply = { status, body };
  const settings: ModelSettings = {
    name: 'local',
    model: 'm',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    apiKey: null,
    timeoutMs: 60_000,
    structuredOutput,
    prices: { input: 1, output: 2 },
  };
  return createLanguageModel(settings, openCompatible).ask({
    system: 's',
    prompt: 'p',
    maxOutputTokens: 500,
  });
}

const completion = (message: object, finish = 'stop') => ({
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, finish_reason: finish, message: { role: 'assistant', ...message } }],
  usage: { prompt_tokens: 900, completion_tokens: 50, total_tokens: 950 },
});
const call = { id: 'c', type: 'function', function: { name: 'json', arguments: json } };

test.each<[string, object]>([
  ['among thoughts with braces', { content: `<think>{pool, hang} {"verdict":"x"}</think>\n${json}` }],
  ['after thoughts that nobody opened', { content: `Candidates are {pool, hang}.\n</think>\n\n${json}` }],
  ['before a word with braces', { content: `${json}\nReplace {service} by the name you use.` }],
  ['twice', { content: `${json}\n${json}` }],
  ['where the thoughts belong', { content: '', reasoning_content: `It is {unclear}. ${json}` }],
  ['where the thoughts belong, without a text', { content: null, reasoning_content: json }],
  ['in the call of a tool', { content: null, tool_calls: [call] }],
])('an answer %s', async (_where, message) => {
  for (const structuredOutput of ['none', 'schema'] as const)
    expect(await ask(200, completion(message), structuredOutput)).toMatchObject({
      kind: 'answer',
      text: expect.stringContaining(json),
      usage: { inputTokens: 900, outputTokens: 50 },
    });
});

test('thoughts beside an answer are not the answer', async () => {
  const thought = json.replace('Not enough', 'Never enough');
  expect(await ask(200, completion({ content: json, reasoning_content: thought }))).toMatchObject({
    kind: 'answer',
    text: json,
  });
});

test.each([
  [404, "The model 'm' does not exist", 'failed'],
  [400, 'max_tokens is too large: 32000', 'failed'],
  [503, 'The model is loading', 'overloaded'],
])('the own sentence of the provider: %i', async (status, message, kind) => {
  expect(await ask(status, { error: { message, type: 'invalid_request_error' } })).toMatchObject({
    kind,
    reason: `local answered ${status}: ${message}`,
  });
});

test('a key in the sentence of the provider does not get any further', async () => {
  const key = ['sk', '-proj-', 'a1B2'.repeat(10)].join('');
  const message = `Incorrect API key provided: ${key}.\nYou can find yours on the page.`;
  const told = await ask(401, { error: { message } });
  expect(told).toMatchObject({
    kind: 'failed',
    reason: expect.stringContaining('Incorrect API key provided'),
  });
  expect(JSON.stringify(told)).not.toContain('a1B2a1B2');
});
