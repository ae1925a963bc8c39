// Sentinel is killed with SIGKILL between two turns of a model: the turn that was answered is not asked again, the one that
// was under way is asked once more, and the incident ends as without a kill.

import { afterAll, beforeAll, test } from 'vitest';
import { readFacts } from '../../bench/support/model-server/facts.ts';
import {
  answerAbout,
  type ModelRequest,
  type ModelServer,
  startModelServer,
} from '../../bench/support/model-server/server.ts';
import { aftermath, startKillStage } from './support/kill-stage.ts';
import { eventually } from './support/wait.ts';

let model: ModelServer;
beforeAll(async () => {
  model = await startModelServer();
});
afterAll(() => model.stop());

const isRepair = ({ prompt }: ModelRequest): boolean => prompt.includes('could not be read');

/** The alert in whose moment the process is killed becomes an incident of its own. */
const isAboutTheAlert = ({ prompt }: ModelRequest): boolean =>
  readFacts(prompt).evidence.some(({ service }) => service === 'bookkeeping');

test('killed between two turns of a model, no turn that was answered is paid again', async (context) => {
  const { expect } = context;
  model.answer = (facts) => answerAbout(facts, 'error-burst', 'payments');
  const settings = [
    'model:',
    '  wait: 2m',
    '  providers:',
    `    - { name: local, type: compatible, model: fake, baseUrl: '${model.url}', timeout: 60s }`,
  ];
  const fault = { kind: 'error-burst', service: 'payments', with: { errorRate: 0.6 } } as const;
  const stage = await startKillStage(context, fault, `${settings.join('\n')}\n`);
  // The first turn is answered with nonsense; the second, which asks to repair it, is under way when the process dies.
  const held = Promise.withResolvers<void>();
  model.next.push('malformed');
  model.hold = (request) => (isRepair(request) ? held.promise : null);
  await eventually('the second turn', () => model.requests.some(isRepair), 120_000);
  await stage.kill();
  model.hold = () => null;
  held.resolve();
  await stage.start();
  const after = await aftermath(stage);
  expect(after.incident).toMatchObject({ outcome: 'resolved' });
  expect(after.done).toEqual(['restart payments']);
  const consulted = after.timeline.filter(({ type }) => type === 'model-consulted');
  expect(consulted).toMatchObject([{ outcome: 'answered', diagnosis: { model: { relation: 'agrees' } } }]);
  // One first turn for each analysis, and the repair twice: its first answer died with the process.
  const analyses = after.timeline.filter(({ type }) => type === 'enrichment-started').length;
  const its = model.requests.filter((request) => !isAboutTheAlert(request));
  expect(its.filter((request) => !isRepair(request))).toHaveLength(analyses);
  expect(its.filter(isRepair)).toHaveLength(2);
});
