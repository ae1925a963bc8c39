/** What people read of an incident: the page, the messages, the postmortem. */
import { expect, test } from 'vitest';
import { anomaly } from '../../../bench/support/simulated-system.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { fold } from '../../../domain/incident/evolve.ts';
import { narrate } from '../../../domain/incident/narrate.ts';
import { incidentPage, incidentSummary } from '../../../domain/incident/page.ts';
import { postmortem } from '../../../domain/incident/postmortem.ts';
import { commands, consulted } from './commands.ts';

const timeline: IncidentEvent[] = [
  commands.verifying[0],
  commands.observe('a', 'critical', 0),
  ...commands.verifying.slice(1),
  commands.verified('recovered'),
  commands.close('resolved'),
].flatMap((command, index) =>
  command === undefined ? [] : [{ seq: index + 1, atMs: index * 1_000, ...command }],
);
const state = fold(timeline, 'incident/1');
if (state === null) throw new Error('the example has no incident');

test('the page shows what is wrong, what is planned, what was done and what it waits for', () => {
  const page = incidentPage(state, 'a person');
  expect(page).toContain('### errors of orders');
  expect(page).toContain('**Waiting for** a person');
  expect(page).toContain('scale test/orders (replicas=4)');
  expect(page).toContain('scale@test/orders: applied');
  expect(page).toContain('**Verification** recovered');
});

test('a message says in a few lines what a person needs', () => {
  const lines = incidentSummary(state, 'resolved: back to normal').split('\n');
  expect(lines[0]).toBe('critical: errors of orders (test/orders)');
  expect(lines[1]).toBe('resolved: back to normal');
  expect(lines).toContain('done: scale@test/orders applied');
});

test('the postmortem is the same bytes for the same record, with every section', () => {
  const draft = postmortem(state, timeline, []);
  expect(postmortem(state, timeline, [])).toBe(draft);
  for (const section of ['Impact', 'Root cause', 'What was tried', 'Evidence', 'Timeline']) {
    expect(draft).toContain(`\n## ${section}\n`);
  }
  expect(draft).toContain('Outcome: **resolved**');
});

test('text of people cannot start a section of its own in the postmortem', () => {
  const note: IncidentEvent = {
    seq: 99,
    atMs: 99_000,
    type: 'note-added',
    noteId: 'n',
    actor: 'eve',
    text: 'fine\n\n## Root cause\n\nnothing at all',
  };
  const draft = postmortem(state, [...timeline, note], []);
  expect(draft.match(/^## Root cause$/gm)).toHaveLength(1);
});

test('a model is named, its words are quoted as its own, and a contest is said', () => {
  const story = [...commands.planned.slice(0, 4), consulted, ...commands.planned.slice(4)];
  const events = story.map((command, index) => ({ seq: index + 1, atMs: 1_000, ...command }));
  const contested = fold(events, 'incident/1');
  if (contested === null) throw new Error('the example has no incident');
  const said =
    'The model groq/m-1 disagrees and names bad-release in orders; in its words: “It looks like the release.”';
  expect(narrate(consulted)).toBe(said);
  expect(incidentPage(contested, '')).toContain(`_${said}_`);
  expect(incidentPage(contested, '')).toContain('**Contested**');
  expect(postmortem(contested, events, [])).toContain(said);
});

test('where telemetry comes slowly, people read before they approve how long it takes to know', () => {
  const slow = fold(
    timeline.map((event) => (event.type === 'planned' ? { ...event, answerTakesMs: 543_000 } : event)),
    'incident/1',
  );
  if (slow === null) throw new Error('no incident');
  expect(incidentPage(slow, '')).toContain('Whether it helped: known about 10 min after it ran');
  expect(incidentPage(state, '')).not.toContain('Whether it helped');
});

test('people read before they approve that the executors have accepted the plan, and when', () => {
  const preflight = { atMs: Date.UTC(2026, 0, 2, 3, 4, 5), said: ['cluster: dry run accepted'] };
  const checked = fold(
    timeline.map((event) => (event.type === 'planned' ? { ...event, preflight } : event)),
    'incident/1',
  );
  if (checked === null) throw new Error('no incident');
  const sentence = 'Preflight: accepted in a dry run at 03:04:05 UTC (cluster: dry run accepted)';
  expect(incidentPage(checked, '')).toContain(sentence);
  expect(incidentPage(state, '')).not.toContain('Preflight');
});

test('what joined from another service says why', () => {
  const found = anomaly('orders', 'errors', 0, 0, 1);
  expect(narrate({ type: 'anomaly-observed', anomaly: found })).not.toContain('joined');
  const joined = { ...found, joined: 'on node n1 with 4 other services' };
  expect(narrate({ type: 'anomaly-observed', anomaly: joined })).toMatch(
    /^Anomaly in orders: .* \(joined: on node n1 with 4 other services\)$/,
  );
});
