/** What IAM says of rights: allowed is only what it says is allowed, on everything it was asked about. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSessions } from '../../../adapters/aws/session.ts';
import { simulate } from '../../../adapters/aws/simulate.ts';
import { settingsOf } from '../../support/aws/ecs-cases.ts';

let results = '';
const iam = createServer((_, response) => {
  const name = 'SimulatePrincipalPolicy';
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(
    `<${name}Response><${name}Result><EvaluationResults>${results}</EvaluationResults></${name}Result></${name}Response>`,
  );
});
beforeAll(() => new Promise<void>((resolve) => iam.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  iam.close();
  iam.closeAllConnections();
});

const member = (decision: string, action = 'ecs:UpdateService') =>
  `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${decision}</EvalDecision></member>`;

it.each([
  ['allowed', member('allowed'), true],
  ['denied by nobody', member('implicitDeny'), false],
  ['denied', member('explicitDeny'), false],
  ['denied on one of two', member('allowed') + member('implicitDeny'), false],
  ['not answered for', '', false],
  ['only another one allowed', member('allowed', 'ecs:StopTask'), false],
])('%s', async (_, given, isAllowed) => {
  results = given;
  const { port } = iam.address() as AddressInfo;
  const settings = settingsOf(`http://127.0.0.1:${port}`, { readRole: undefined });
  const sessions = createSessions(settings, { accessKeyId: 'AKIDTEST', secretAccessKey: 'test' });
  const asked = { actions: ['ecs:UpdateService'], resources: ['one', 'two'] };
  expect(await simulate(settings, sessions, [asked])).toEqual({
    kind: 'told',
    denied: isAllowed ? [] : ['ecs:UpdateService on one, two'],
  });
});
