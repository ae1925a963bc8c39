/** Sessions: one for each effect, and nothing that is left open behind it. */
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
  await expect.poll(() => aws.connections()).toBe(0);
});
