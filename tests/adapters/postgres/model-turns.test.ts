/** Calls to models are reserved before and finished after: nothing is paid twice, and budgets hold over all processes. */
import { expect, test } from 'vitest';
import type { ModelBudgets, ModelTurnKey, ModelTurns } from '../../../activities/ports.ts';
import { describePostgresStores, describeStores } from '../../support/stores.ts';
import { unique } from './fixtures.ts';

const plenty: ModelBudgets = {
  turnsPerIncident: 100,
  tokensPerIncident: 1_000_000,
  microdollarsPerIncident: 1_000_000,
  microdollarsPerHour: 1_000_000_000,
};
const estimate = { tokens: 1_000, microdollars: 400 };

function reserve(turns: ModelTurns, key: ModelTurnKey, budgets: Partial<ModelBudgets> = {}, its = estimate) {
  const question = { provider: 'groq', model: 'm', system: 'be brief', prompt: 'why?' };
  return turns.reserve({ ...key, ...question, estimate: its }, { ...plenty, ...budgets });
}

function finish(
  turns: ModelTurns,
  key: ModelTurnKey,
  output: string,
  spent = { tokens: 100, microdollars: 40 },
) {
  return turns.finish(key, {
    outcome: 'answer',
    output,
    reason: '',
    estimate,
    spent,
    usage: { inputTokens: 60, outputTokens: 40 },
    latencyMs: 12.4,
    dropped: [{ what: 'E9', why: 'unknown-evidence' }],
  });
}

const turnOf = (incidentId: string, turn = 1, attempt = 1): ModelTurnKey => ({ incidentId, attempt, turn });

await describeStores('model turns', (use) => {
  test('a turn is reserved once, and answered from the record after that', async () => {
    const { modelTurns, modelTurnReader } = use().stores;
    const key = turnOf(unique('incident'));
    expect(await reserve(modelTurns, key)).toEqual({ kind: 'reserved', tryNumber: 1 });
    await finish(modelTurns, key, '{"verdict":"explained"}');
    expect(await reserve(modelTurns, key)).toEqual({
      kind: 'finished',
      turn: { outcome: 'answer', output: '{"verdict":"explained"}', reason: '' },
    });
    expect(await modelTurnReader.turnsOf(key.incidentId)).toMatchObject([
      {
        provider: 'groq',
        prompt: 'why?',
        promptHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        outputHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        dropped: [{ what: 'E9', why: 'unknown-evidence' }],
        inputTokens: 60,
        usd: 0.00004,
        latencyMs: 12,
        tries: 1,
      },
    ]);
  });

  test('the first end of a turn stays, whoever else comes to one', async () => {
    const { modelTurns } = use().stores;
    const key = turnOf(unique('incident'));
    await reserve(modelTurns, key);
    await finish(modelTurns, key, 'first');
    await finish(modelTurns, key, 'second');
    expect(await reserve(modelTurns, key)).toMatchObject({ turn: { output: 'first' } });
  });

  test('a turn whose process died is asked once more and no third time; both tries are counted', async () => {
    const { modelTurns, modelTurnReader } = use().stores;
    const key = turnOf(unique('incident'));
    await reserve(modelTurns, key);
    expect(await reserve(modelTurns, key)).toEqual({ kind: 'reserved', tryNumber: 2 });
    expect(await modelTurnReader.turnsOf(key.incidentId)).toMatchObject([
      { tries: 2, usd: 0.0008, outcome: null },
    ]);
    expect(await reserve(modelTurns, key)).toMatchObject({ kind: 'finished', turn: { outcome: 'lost' } });
    expect(await modelTurnReader.turnsOf(key.incidentId)).toMatchObject([{ usd: 0.0008, outcome: 'lost' }]);
  });

  test('a second try that is answered costs what it cost, and the lost one its estimate', async () => {
    const { modelTurns, modelTurnReader } = use().stores;
    const key = turnOf(unique('incident'));
    await reserve(modelTurns, key);
    await reserve(modelTurns, key);
    await finish(modelTurns, key, 'x');
    expect(await modelTurnReader.turnsOf(key.incidentId)).toMatchObject([{ usd: 0.00044 }]);
  });

  test.each([
    ['turns', { turnsPerIncident: 2 }],
    ['tokens', { tokensPerIncident: 2_500 }],
    ['money', { microdollarsPerIncident: 900 }],
  ] as const)(
    'the budget of %s of an incident ends with its third turn, and is its own',
    async (budget, budgets) => {
      const { modelTurns } = use().stores;
      const [mine, other] = [unique('incident'), unique('incident')];
      expect(await reserve(modelTurns, turnOf(mine, 1), budgets)).toMatchObject({ kind: 'reserved' });
      expect(await reserve(modelTurns, turnOf(mine, 2), budgets)).toMatchObject({ kind: 'reserved' });
      expect(await reserve(modelTurns, turnOf(mine, 3), budgets)).toEqual({ kind: 'over-budget', budget });
      expect(await reserve(modelTurns, turnOf(other, 1), budgets)).toMatchObject({ kind: 'reserved' });
    },
  );

  test('what a turn did not use is given back to the budget', async () => {
    const { modelTurns } = use().stores;
    const id = unique('incident');
    const budgets = { tokensPerIncident: 1_500 };
    await reserve(modelTurns, turnOf(id, 1), budgets);
    expect(await reserve(modelTurns, turnOf(id, 2), budgets)).toMatchObject({ kind: 'over-budget' });
    await finish(modelTurns, turnOf(id, 1), 'x');
    expect(await reserve(modelTurns, turnOf(id, 2), budgets)).toMatchObject({ kind: 'reserved' });
  });

  test('hostile text is kept, and its hash is of what is kept', async () => {
    const { modelTurns } = use().stores;
    const key = turnOf(unique('incident'));
    await reserve(modelTurns, key);
    await finish(modelTurns, key, 'a\u0000b\ud800c');
    expect(await reserve(modelTurns, key)).toMatchObject({ turn: { output: 'a\ufffdb\ufffdc' } });
  });
});

await describePostgresStores('the money of an hour', (use) => {
  test('is never overspent by calls that are reserved at the same moment', async () => {
    const { modelTurns } = use().stores;
    const budgets = { microdollarsPerHour: 5 * estimate.microdollars };
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => reserve(modelTurns, turnOf(unique('incident')), budgets)),
    );
    expect(answers.filter(({ kind }) => kind === 'reserved')).toHaveLength(5);
    expect(answers.filter(({ kind }) => kind === 'over-budget')).toHaveLength(35);
  });

  test('one turn reserved by many at once is asked at most twice', async () => {
    const { modelTurns } = use().stores;
    const key = turnOf(unique('incident'));
    const free = { tokens: 10, microdollars: 0 };
    const answers = await Promise.all(Array.from({ length: 20 }, () => reserve(modelTurns, key, {}, free)));
    expect(answers.filter(({ kind }) => kind === 'reserved')).toHaveLength(2);
  });
});
