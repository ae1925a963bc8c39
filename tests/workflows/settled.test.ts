/** A person settles an effect: its incident has that as an event, whoever has the incident by then. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createIncidentMessenger } from '../../adapters/temporal/incident-messenger.ts';
import type { EffectSettled } from '../../domain/incident/events.ts';
import { createWorld } from '../support/fakes.ts';
import { auto, restart } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { type Stage, startStage } from './stage.ts';

describe('an effect that a person has settled', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage(await connectServer());
  });
  afterAll(() => stage.stop());

  test('is an event of its incident, once; of one that has ended the workflow takes none', async ({
    expect,
  }) => {
    const world = createWorld();
    world.script = [{ steps: [restart], verdict: auto }];
    world.executor.fates.push('unknowable');
    const incident = await stage.open(world, { maxAttempts: 1, staysAwayMs: 60_000 });
    const { effects } = await incident.until(({ status }) => status === 'handed-over');
    expect(effects).toMatchObject([{ status: 'uncertain' }]);
    const intentId = effects[0]?.intentId ?? '';
    const messenger = createIncidentMessenger({ client: stage.client, updateTimeoutMs: 60_000 });
    const settled: EffectSettled = {
      ...{ intentId, step: 0, direction: 'forward', happened: true },
      ...{ actor: 'person:ada', reason: 'v1 runs' },
    } as const;
    expect(
      await messenger.effectSettled(incident.id, { ...settled, intentId: 'intent-other' }),
    ).toMatchObject({
      accepted: false,
      reason: expect.stringContaining('invalid'),
    });
    for (const _again of [1, 2])
      expect(await messenger.effectSettled(incident.id, settled)).toEqual({ accepted: true, reason: '' });
    expect((await incident.state()).effects).toMatchObject([{ status: 'applied' }]);
    expect(await messenger.close(incident.id, 'ada', 'done')).toMatchObject({ accepted: true });
    const { types } = await incident.ended();
    expect(types.filter((type) => type === 'effect-settled')).toHaveLength(1);
    expect(await messenger.effectSettled(incident.id, settled)).toMatchObject({
      accepted: false,
      reason: expect.stringMatching(/^closed/),
    });
  });
});
