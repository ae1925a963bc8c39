/** Only what Slack has signed, now, and only once. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verify } from '../../../../adapters/slack/inbound/verify.ts';
import { signed, signingSecret } from '../../../../bench/support/slack/interactions.ts';

const nowMs = 1_800_000_000_000;

function request(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>): Request {
  return new Request('http://sentinel.test/', { method: 'POST', body, headers });
}

function check(body: string, change: Record<string, string> = {}, atMs = nowMs) {
  const { headers } = signed(body, { atMs });
  return verify(request(body, { ...headers, ...change }), signingSecret, nowMs);
}

test("the example of Slack's own documentation", async () => {
  const body =
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
  const headers = {
    'x-slack-request-timestamp': '1531420618',
    'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  };
  const verified = await verify(
    request(body, headers),
    '8f742231b10e8888abcd99yyyzzz85a5',
    1_531_420_618_000,
  );
  expect(verified).toMatchObject({ ok: true, body });
});

test('a body that Slack signed is taken, to the byte', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 200 }), async (text) => {
      const verified = await check(text);
      expect(verified).toMatchObject({ ok: true, body: text });
    }),
  );
});

test.each<[string, Record<string, string>, string]>([
  ['no signature', { 'x-slack-signature': '' }, 'unsigned'],
  ['no timestamp', { 'x-slack-request-timestamp': '' }, 'unsigned'],
  ['a timestamp that is no number', { 'x-slack-request-timestamp': 'NaN' }, 'unsigned'],
  ['a timestamp with zeros in front', { 'x-slack-request-timestamp': `0${nowMs / 1_000}` }, 'unsigned'],
  ['another version', { 'x-slack-signature': `v1=${'a'.repeat(64)}` }, 'unsigned'],
  ['a short signature', { 'x-slack-signature': 'v0=abc' }, 'unsigned'],
  ['a wrong signature', { 'x-slack-signature': `v0=${'a'.repeat(64)}` }, 'forged'],
  [
    'a timestamp other than the signed one',
    { 'x-slack-request-timestamp': `${nowMs / 1_000 - 1}` },
    'forged',
  ],
])('%s is refused', async (_what, headers, refusal) => {
  expect(await check('payload=1', headers)).toEqual({ ok: false, refusal });
});

test.each([
  [-301, false],
  [-300, true],
  [300, true],
  [301, false],
])('a timestamp %i s from ours: taken %s', async (seconds, taken) => {
  const verified = await check('payload=1', {}, nowMs + seconds * 1_000);
  expect(verified).toMatchObject(taken ? { ok: true } : { ok: false, refusal: 'not-current' });
});

test('a body changed by one bit is refused', async () => {
  const { body, headers } = signed('payload=approve', { atMs: nowMs });
  await fc.assert(
    fc.asyncProperty(fc.nat(body.length * 7 - 1), async (bit) => {
      const bytes = Buffer.from(body);
      const index = Math.floor(bit / 7);
      bytes[index] = (bytes[index] ?? 0) ^ (1 << (bit % 7));
      expect(await verify(request(bytes, headers), signingSecret, nowMs)).toMatchObject({ ok: false });
    }),
  );
});

describe('bytes that are no text', () => {
  const bytes = Buffer.from([0x70, 0x3d, 0xff, 0xfe]);
  const stamp = String(nowMs / 1_000);

  test('are refused, whatever text they were signed as', async () => {
    for (const signedBytes of [bytes, Buffer.from(bytes.toString('utf8'))]) {
      const mac = createHmac('sha256', signingSecret)
        .update(`v0:${stamp}:`)
        .update(signedBytes)
        .digest('hex');
      const headers = { 'x-slack-request-timestamp': stamp, 'x-slack-signature': `v0=${mac}` };
      expect(await verify(request(bytes, headers), signingSecret, nowMs)).toEqual({
        ok: false,
        refusal: 'not-text',
      });
    }
  });
});

test('a body over the limit is refused, also when it declares less', async () => {
  const large = 'x'.repeat(1024 * 1024 + 1);
  expect(await check(large)).toEqual({ ok: false, refusal: 'too-large' });
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(256 * 1024)),
  });
  const endless = new Request('http://sentinel.test/', {
    method: 'POST',
    body: stream,
    duplex: 'half',
  } as RequestInit);
  expect(await verify(endless, signingSecret, nowMs)).toEqual({ ok: false, refusal: 'too-large' });
});
