// The steps of an incident: those it has behind it, where it is, and none that it never took.

import { expect, test } from 'vitest';
import { lifeLine } from '../../../api/dashboard/incident/effects.ts';

async function steps(...given: Parameters<typeof lifeLine>) {
  const shown = String(await lifeLine(...given));
  return [...shown.matchAll(/<li class="(\w+)"[^>]*>([^<]+)</g)].map(([, state, word]) => `${word} ${state}`);
}

test.each([
  ['executing', ['Detect past', 'Diagnose past', 'Plan past', 'Act now', 'Verify next', 'Close next']],
  ['compensating', ['Detect past', 'Diagnose past', 'Plan past', 'Act past', 'Undo now', 'Close next']],
] as const)('while it is %s', async (status, expected) => {
  expect(await steps({ status }, { waited: false, acted: true })).toEqual(expected);
});

test('handed over before anything was done, it has neither acted nor verified', async () => {
  const skipped = { waited: false, acted: false };
  expect(await steps({ status: 'handed-over' }, skipped)).toEqual([
    ...['Detect past', 'Diagnose past', 'Plan past', 'With a person now', 'Close next'],
  ]);
  expect(await steps({ status: 'closed' }, skipped)).toEqual([
    ...['Detect past', 'Diagnose past', 'Plan past', 'Close past'],
  ]);
});

test('handed over after an approved action that did not help', async () => {
  expect(await steps({ status: 'handed-over' }, { waited: true, acted: true })).toEqual([
    ...['Detect past', 'Diagnose past', 'Plan past', 'Approve past', 'Act past', 'Verify past'],
    ...['With a person now', 'Close next'],
  ]);
});
