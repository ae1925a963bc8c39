/** Sessions: one for each effect, and nothing that is left open behind it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createSessions } from '../../../adapters/aws/session.ts';
import { grant, settingsOf } from '../../support/aws/ecs-cases.ts';
import { startFakeAws } from '../../support/aws/fake-aws.ts';

const base = { accessKeyId: 'AKIDTEST', secretAccessKey: 'test' };

test('a session leaves no connection open', async () => {
  const aws = await startFakeAws();
  onTestFinished(() => aws.close());
  const settings = settingsOf(aws.url);
  grant(aws, settings);
  const sessions = createSessions(settings, base);
  for (const name of ['one', 'two', 'three'])
    await sessions.forEffect({ name, actions: ['ecs:UpdateService'], resources: ['*'] });
  await sessions.callerOf('write');
  expect(aws.calls.map(({ action }) => action)).toEqual([
    ...Array<string>(4).fill('sts:AssumeRole'),
    'sts:GetCallerIdentity',
  ]);
  // What doctor is told of is the identity for effects itself.
  expect(aws.calls.slice(-2).map(({ input, session }) => [input.RoleArn, session])).toEqual([
    [settings.writeRole, 'base'],
    [undefined, 'sentinel-doctor'],
  ]);
  await expect.poll(() => aws.connections()).toBe(0);
});

test('the name of a session is one that AWS takes, whatever the intent is called', async () => {
  const aws = await startFakeAws();
  onTestFinished(() => aws.close());
  const settings = settingsOf(aws.url);
  const sessions = createSessions(settings, base);
  const wanted = { actions: ['ecs:UpdateService'], resources: ['*'] };
  await sessions.forEffect({ name: 'rückweg/1|undo 2', ...wanted });
  await sessions.forEffect({ name: 'x'.repeat(100), ...wanted });
  expect(aws.calls.map(({ input }) => input.RoleSessionName)).toEqual(['r-ckweg-1-undo-2', 'x'.repeat(64)]);
});

test('an answer without credentials is none: nothing is sent with what the SDK finds instead', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(
      '<AssumeRoleResponse><AssumeRoleResult><Credentials/></AssumeRoleResult></AssumeRoleResponse>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const sessions = createSessions(settingsOf(`http://127.0.0.1:${port}`), base);
  const effect = { name: 'intent-1', actions: ['ecs:UpdateService'], resources: ['*'] };
  await expect(sessions.forEffect(effect)).rejects.toThrow('an answer without credentials');
});
