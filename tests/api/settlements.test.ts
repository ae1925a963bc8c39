/** A settled effect reaches the record of its incident: through the workflow, or by the store where none runs any more. */
import { expect, test } from 'vitest';
import type { UntoldSettlement } from '../../api/ports/effects.ts';
import { tellSettlement } from '../../api/settlements.ts';
import { silent } from '../support/fakes.ts';

const settlement: UntoldSettlement = {
  ...{ incidentId: 'incident/a/1', intentId: 'intent-1', step: 0, direction: 'forward' },
  ...{ happened: true, actor: 'person:ada', reason: 'four run' },
};
type Answer = { readonly accepted: boolean; readonly reason: string } | Error;

async function tell(answer: Answer, recorded: boolean | Error = true) {
  const recordings: UntoldSettlement[] = [];
  const told: unknown[] = [];
  const done = await tellSettlement(settlement, {
    messenger: {
      async effectSettled(incidentId, settled) {
        told.push([incidentId, settled]);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    settlements: {
      untold: async () => [settlement],
      async record(one) {
        recordings.push(one);
        if (recorded instanceof Error) throw recorded;
        return recorded;
      },
    },
    log: { ...silent, child: () => ({ ...silent, child: () => silent }) as never },
  });
  return { done, recordings, told };
}

test('a workflow that runs writes it itself', async () => {
  const { incidentId, ...settled } = settlement;
  expect(await tell({ accepted: true, reason: '' })).toEqual({
    done: true,
    recordings: [],
    told: [[incidentId, settled]],
  });
});

test('where none runs any more the store does', async () => {
  const closed = { accepted: false, reason: 'closed: the incident does not run' };
  expect(await tell(closed)).toMatchObject({ done: true, recordings: [settlement] });
  expect(await tell(closed, false)).toMatchObject({ done: false });
});

test.each<[string, Answer]>([
  ['Temporal cannot be asked', new Error('connection refused')],
  ['the workflow refuses it', { accepted: false, reason: 'invalid: unknown-intent' }],
])('%s: nothing is written beside it, and it is told again', async (_what, answer) => {
  expect(await tell(answer)).toMatchObject({ done: false, recordings: [] });
});

test('a store that cannot write is asked again', async () => {
  const closed = { accepted: false, reason: 'closed: the incident does not run' };
  expect(await tell(closed, new Error('connection lost'))).toMatchObject({ done: false });
});
