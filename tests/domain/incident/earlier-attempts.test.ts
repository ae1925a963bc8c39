/** What a model is told of earlier attempts: what was done and measured before this analysis, and nothing of later. */
import { expect, test } from 'vitest';
import type { IncidentCommand } from '../../../domain/incident/decide.ts';
import { earlierAttempts } from '../../../domain/incident/earlier-attempts.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { commands } from './commands.ts';

const events = (all: readonly IncidentCommand[]): readonly IncidentEvent[] =>
  all.map((command, index) => ({ seq: index + 1, atMs: 1_000 + index, ...command }));
const tried = 'against bad-release: scale test/orders (replicas=4)';

test('a fix that did not help is told with what was measured after it', () => {
  const timeline = events([...commands.verifying, commands.verified('not-recovered'), commands.enrich(2)]);
  expect(earlierAttempts(timeline, 2)).toEqual([
    { attempt: 1, tried, cameOf: 'it was carried out; afterwards not-recovered: r' },
  ]);
});

test('a plan that was not carried out is told as such', () => {
  const timeline = events([...commands.planned, commands.enrich(2)]);
  expect(earlierAttempts(timeline, 2)).toEqual([{ attempt: 1, tried, cameOf: 'it was not carried out' }]);
});

test('the first analysis has none, and what comes after an analysis began changes nothing', () => {
  const before = events([...commands.verifying, commands.verified('not-recovered'), commands.enrich(2)]);
  const after = events([...before, ...commands.verifying.slice(1)]);
  expect(earlierAttempts(before, 1)).toEqual([]);
  expect(earlierAttempts(after, 2)).toEqual(earlierAttempts(before, 2));
});

test('notes of people are not told', () => {
  const note = { type: 'note-added', noteId: 'n', actor: 'ada', text: 'the password is swordfish' } as const;
  const timeline = events([
    ...commands.verifying,
    note,
    commands.verified('not-recovered'),
    commands.enrich(2),
  ]);
  expect(JSON.stringify(earlierAttempts(timeline, 2))).not.toContain('swordfish');
});
