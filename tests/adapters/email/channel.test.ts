import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEmailChannel, type EmailOptions } from '../../../adapters/email/channel.ts';
import { ownCertificate } from '../../support/certificate.ts';
import {
  delivery,
  exampleBriefing,
  incidentId,
  incidentUrl,
  pendingApproval,
  planForGood,
} from '../../support/deliveries.ts';
import { type MailServer, mailLogin, startMailServer } from '../../support/mail-server.ts';

let server: MailServer;
beforeEach(async () => {
  server = await startMailServer();
});
afterEach(() => server.close());

const channel = (fields: Partial<EmailOptions> = {}) =>
  createEmailChannel({
    name: 'team',
    host: '127.0.0.1',
    port: server.port,
    tls: 'none',
    auth: null,
    from: 'Sentinel <sentinel@example.com>',
    to: ['ada@example.com', 'Grace <grace@example.com>'],
    incidentUrl,
    ...fields,
  });

test('one mail to everybody, as text and as HTML', async () => {
  const result = await channel().deliver(delivery(exampleBriefing()));
  expect(result.kind).toBe('delivered');
  const [mail] = server.mails;
  expect(mail).toMatchObject({ from: 'sentinel@example.com', to: ['ada@example.com', 'grace@example.com'] });
  expect(mail?.headers).toMatchObject({
    subject: '[critical] orders: errors up, 40 % instead of 0 % (prod/orders)',
    'auto-submitted': 'auto-generated',
    'x-sentinel-incident': incidentId,
    'message-id': expect.stringMatching(/^<[0-9a-f]{32}@example\.com>$/),
  });
  expect(mail?.source).toContain('orders fails 40 % of calls');
  expect(mail?.source).toContain('<li>orders fails 40 % of calls</li>');
});

test('a mail that asks for an approval says what cannot be undone', async () => {
  const asking = { approval: pendingApproval, status: 'awaiting-approval' } as const;
  await channel().deliver(delivery(exampleBriefing({ ...asking, plan: planForGood })));
  const step = { ...planForGood.steps[0], undo: { kind: 'inverse', text: 'scale back' } };
  const back = { ...planForGood, steps: [step] } as typeof planForGood;
  await channel().deliver(delivery(exampleBriefing({ ...asking, plan: back })));
  const [forGood, ordinary] = server.mails.map(({ source }) => source.replaceAll('=\r\n', ''));
  expect(forGood).toContain('For good:');
  expect(forGood).toContain('clear-sandbox prod/orders cannot be undone: deleted files stay deleted');
  expect(ordinary).not.toContain('For good:');
  expect(ordinary).not.toContain('cannot be undone');
});

test('the mails of an incident refer to the first one, and have its subject', async () => {
  const one = channel();
  const first = await one.deliver(delivery(exampleBriefing(), { seq: 1 }));
  const memory = first.kind === 'delivered' ? first.memory : null;
  const closed = exampleBriefing({
    ...{ outcome: 'resolved', status: 'closed', title: 'orders: errors up' },
    leftPaused: ['Argo CD application shop is still paused'],
  });
  await one.deliver(delivery(closed, { seq: 9, memory, moments: ['closed'] }));
  const [opening, ending] = server.mails.map(({ headers }) => headers);
  expect(ending).toMatchObject({
    subject: opening?.subject,
    'in-reply-to': opening?.['message-id'],
    references: opening?.['message-id'],
  });
  expect(server.mails[1]?.source).toContain('<li>Argo CD application shop is still paused</li>');
  expect(ending?.['message-id']).not.toBe(opening?.['message-id']);
  expect(opening).not.toHaveProperty('in-reply-to');
});

test('what comes back soon stands in the conversation of the first', async () => {
  const one = channel();
  const first = await one.deliver(delivery(exampleBriefing(), { seq: 1 }));
  const memory = first.kind === 'delivered' ? first.memory : null;
  const again = exampleBriefing({ incidentId: 'incident/0a1b2c/2', title: 'orders: errors up (again)' });
  const second = await one.deliver(delivery(again, { conversation: { incidentId, memory } }));
  const [opening, back] = server.mails.map(({ headers }) => headers);
  const root = opening?.['message-id'];
  expect(back).toMatchObject({ subject: opening?.subject, 'in-reply-to': root, references: root });
  expect(back?.['message-id']).not.toBe(root);
  expect(second).toMatchObject({ kind: 'delivered', memory: { root } });
});

test('taken, but the answer is lost: sent again it has the same id', async () => {
  server.fail('executed');
  expect(await channel().deliver(delivery(exampleBriefing(), { seq: 3 }))).toMatchObject({ kind: 'retry' });
  expect(await channel().deliver(delivery(exampleBriefing(), { seq: 3 }))).toMatchObject({
    kind: 'delivered',
  });
  expect(server.mails).toHaveLength(2);
  expect(new Set(server.mails.map(({ headers }) => headers['message-id'])).size).toBe(1);
});

test('hostile names are text: no header, no markup', async () => {
  const title = 'x\r\nBcc: evil@example.com <script>alert(1)</script>';
  const symptoms = [{ service: 'x', text: '<img src=x onerror=alert(1)>', onsetMs: 1, clearedMs: null }];
  await channel().deliver(delivery(exampleBriefing({ title, symptoms })));
  const [mail] = server.mails;
  expect(mail?.to).toHaveLength(2);
  expect(mail?.headers).not.toHaveProperty('bcc');
  expect(mail?.source).toContain('&lt;img src=3Dx');
});

describe('what a server says', () => {
  test.each([
    ['busy', { at: 'message', code: 451, text: 'try again later' }, 'retry'],
    ['no room', { at: 'recipient', code: 452, text: 'mailbox full' }, 'retry'],
    ['the message is not wanted', { at: 'message', code: 554, text: 'looks like spam' }, 'refused'],
    ['the login is wrong', { at: 'login', code: 535, text: 'no' }, 'blocked'],
    ['the login cannot be checked now', { at: 'login', code: 454, text: 'later' }, 'retry'],
  ] as const)('%s', async (_what, fault, kind) => {
    // Both recipients get the same answer.
    server.fail(...(fault.at === 'recipient' ? [fault, fault] : [fault]));
    const result = await channel({ auth: mailLogin }).deliver(delivery(exampleBriefing()));
    expect(result).toMatchObject({ kind, reason: expect.stringContaining(fault.text) });
    expect(JSON.stringify(result)).not.toContain(mailLogin.password);
    expect(server.mails).toEqual([]);
  });

  test('all recipients unknown: a person has to repair the addresses', async () => {
    const unknown = { at: 'recipient', code: 550, text: 'no such user' } as const;
    server.fail(unknown, unknown);
    expect(await channel().deliver(delivery(exampleBriefing()))).toMatchObject({ kind: 'blocked' });
  });

  test('one recipient unknown: the others have it', async () => {
    server.fail({ at: 'recipient', code: 550, text: 'no such user' });
    expect(await channel().deliver(delivery(exampleBriefing()))).toMatchObject({ kind: 'delivered' });
    expect(server.mails).toMatchObject([{ to: ['grace@example.com'] }]);
  });

  test('nobody there', async () => {
    const gone = channel();
    await server.close();
    expect(await gone.deliver(delivery(exampleBriefing()))).toMatchObject({ kind: 'retry' });
    server = await startMailServer();
  });
});

describe('encryption', () => {
  test('STARTTLS is demanded: a server without it gets neither login nor mail', async () => {
    const result = await channel({ tls: 'starttls', auth: mailLogin }).deliver(delivery(exampleBriefing()));
    expect(result.kind).not.toBe('delivered');
    expect(server.mails).toEqual([]);
  });

  test('with a certificate that is trusted it is used; with one that is not, nothing is sent', async () => {
    await server.close();
    const tls = ownCertificate();
    server = await startMailServer({ tls });
    const options = { tls: 'starttls', auth: mailLogin } as const;
    expect((await channel(options).deliver(delivery(exampleBriefing()))).kind).not.toBe('delivered');
    expect(server.mails).toEqual([]);
    expect(await channel({ ...options, ca: tls.cert }).deliver(delivery(exampleBriefing()))).toMatchObject({
      kind: 'delivered',
    });
  });
});
