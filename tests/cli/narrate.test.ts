// Every event has a sentence, in one line, whatever names and reasons hold.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeStep, describeVerdict, narrate } from '../../cli/narrate.ts';
import { clean, formatDuration, table } from '../../cli/terminal/text.ts';
import type { IncidentEvent, IncidentEventBody } from '../../domain/incident/events.ts';
import { narrate as inOneSentence } from '../../domain/incident/narrate.ts';
import { hashedPlan, planHash } from '../api/incidents.ts';

const scope = { environment: 'production', service: 'orders' };
const bodies: readonly IncidentEventBody[] = [
  {
    type: 'incident-opened',
    scope,
    severity: 'critical',
    title: 'Errors in orders',
    fingerprint: 'f',
    episode: 1,
  },
  { type: 'anomaly-cleared', anomalyId: 'a', clearedMs: 1 },
  { type: 'enrichment-started', attempt: 1 },
  { type: 'enriched', attempt: 1, evidenceIds: ['E1'], missing: ['history'] },
  {
    type: 'diagnosed',
    attempt: 1,
    diagnosis: {
      hypotheses: [
        { cause: 'bad-release', scope, score: 0.9, reason: 'r', evidenceFor: [], evidenceAgainst: [] },
      ],
      ...{ inconclusive: false, reason: 'clear', missing: [], method: 'statistical' },
    },
  },
  { type: 'planned', attempt: 1, hashedPlan },
  { type: 'nothing-to-try', attempt: 1, reason: 'r' },
  { type: 'decided', attempt: 1, verdict: { kind: 'auto', rule: 'low risk', reason: 'r' } },
  { type: 'approval-requested', planHash, role: 'operator', quorum: 2, deadlineMs: 61_000 },
  { type: 'approval-recorded', approvalId: 'a', planHash, actor: 'ann', decision: 'reject', reason: 'no' },
  { type: 'approval-granted', planHash },
  { type: 'approval-rejected', planHash, actor: 'ann', reason: 'no' },
  { type: 'approval-expired', planHash },
  { type: 'gate-refused', step: 0, reason: 'kill-switch', detail: 'paused' },
  { type: 'intent-written', intentId: 'i', step: 0, direction: 'forward' },
  {
    type: 'effect-applied',
    intentId: 'i',
    step: 0,
    direction: 'forward',
    foundByLookup: true,
    summary: 'rolled back',
  },
  { type: 'effect-failed', intentId: 'i', step: 0, direction: 'compensation', reason: 'refused' },
  {
    type: 'effect-failed',
    ...{ intentId: 'i', step: 0, direction: 'forward', reason: 'forbidden' },
    code: 'permission-denied',
  },
  {
    type: 'effect-failed',
    ...{ intentId: 'i', step: 1, direction: 'forward', reason: 'crash loop' },
    ...{ uncertain: true, left: '2 of 5 pods are new' },
  },
  {
    type: 'effect-progress',
    ...{ intentId: 'i', step: 0, direction: 'forward' },
    progress: { done: 3, of: 5, words: '3 of 5 pods new' },
  },
  {
    type: 'effect-dry-run',
    ...{ intentId: 'i', step: 0, direction: 'forward', ok: true, detail: 'accepted by a dry run' },
  },
  { type: 'verification-started', attempt: 1, deadlineMs: 31_000 },
  { type: 'compensation-started', attempt: 1, reason: 'no help' },
  { type: 'compensation-finished', attempt: 1, undone: 1, notUndone: [] },
  { type: 'note-added', noteId: 'n', actor: 'ann', text: 't' },
  { type: 'postmortem-drafted', digest: 'd' },
  { type: 'incident-closed', outcome: 'resolved', reason: 'gone', actor: 'sentinel' },
];

test('a plan that is asked about again says why, in the terminal and in one sentence', () => {
  const because = 'policy now asks for 2 × operator';
  const asked = {
    type: 'approval-requested',
    planHash,
    role: 'operator',
    quorum: 2,
    deadlineMs: 61_000,
  } as const;
  const again = { seq: 1, atMs: 1_000, ...asked, round: 2, because };
  expect(narrate(again).below).toEqual([`asked again because ${because}`]);
  expect(narrate({ ...again, round: 1 }).below).toEqual([`asked because ${because}`]);
  expect(narrate({ seq: 1, atMs: 1_000, ...asked }).below).toEqual([]);
  expect(inOneSentence(again)).toMatch(/; asked again because policy now asks for 2 × operator$/);
});

test('an incident reads as a story', () => {
  const story = bodies.map((body) => narrate({ seq: 1, atMs: 1000, ...body } as IncidentEvent));
  expect(story.flatMap(({ text, below }) => [text, ...below.map((line) => `  ${line}`)])).toEqual([
    'Incident: Errors in orders (critical, production/orders)',
    'Symptom cleared (a)',
    'Gathering evidence, attempt 1',
    '1 piece of evidence',
    '  missing: history',
    'Likely cause: bad-release in orders',
    '  0.90 bad-release in orders: r',
    'Plan ab12ab12ab12 (risk medium): errors began with the release',
    '  rollback-release production/orders release=v41 (risk medium, 50 % of capacity, 0 s downtime, can be undone)',
    'Nothing to try: r',
    'Policy: may run without approval (low risk: r)',
    'Waiting for approval of ab12ab12ab12 by 2 × operator, for 1 min',
    'ann rejects: no',
    'Plan approved',
    'Plan rejected by ann: no',
    'Approval timed out',
    'The gate refused step 1: kill-switch (paused)',
    'Fix: step 1 recorded (i)',
    'Fix: step 1 done: rolled back (response lost, confirmed by checking)',
    'Undo: step 1 failed: refused',
    "Fix: step 1 failed: forbidden (permission-denied: the executor's identity lacks a right; sentinel doctor names it)",
    'Fix: step 2 ended half-way: crash loop; half done: 2 of 5 pods are new',
    'Fix: step 1: 3 of 5 pods new',
    'Dry run, nothing was done: step 1 would have been accepted (accepted by a dry run)',
    'Verifying for up to 30 s',
    'Undoing: no help',
    '1 step undone',
    'Note by ann: t',
    'Postmortem drafted',
    'Closed: resolved (gone)',
  ]);
});

test('verdicts name their rule', () => {
  const approval = {
    kind: 'approval',
    rule: 'r',
    reason: 'why',
    role: 'admin',
    quorum: 1,
    deadlineSeconds: 60,
  } as const;
  expect(describeVerdict(approval)).toBe('needs one admin (r: why)');
  expect(describeVerdict({ kind: 'deny', rule: 'never', reason: 'why' })).toBe('denied (never: why)');
});

test('a step says how it is undone, or that there is nothing to undo', () => {
  const [step] = hashedPlan.plan.steps as [(typeof hashedPlan.plan.steps)[number]];
  expect(describeStep(step)).toContain('can be undone)');
  expect(describeStep({ ...step, inverse: null })).toContain('leaves nothing to undo)');
  expect(describeStep({ ...step, inverse: null, reversible: false })).toContain('cannot be undone)');
  const gone = { ...step, action: 'clear-sandbox', inverse: null, reversible: false } as const;
  expect(describeStep(gone)).toContain('cannot be undone: Sentinel does not bring deleted files back');
});

test('no text can move the cursor', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
      const event = { seq: 1, atMs: 0, type: 'note-added', noteId: 'n', actor: text, text } as IncidentEvent;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
      expect(narrate(event).text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
      expect(clean(clean(text))).toBe(clean(text));
    }),
  );
});

test('durations are read at a glance', () => {
  const shown = [0, 850, 1000, 61_000, 3_600_000, 3_661_000, 90_000_000, -5].map(formatDuration);
  expect(shown).toEqual(['0 ms', '850 ms', '1 s', '1 min 1 s', '1 h', '1 h 1 min', '1 d 1 h', '0 ms']);
});

test('tables are aligned, whatever is in them', () => {
  expect(
    table(
      ['A', 'BB'],
      [
        ['xxx', 'y'],
        ['\n', 'z'],
      ],
      (_, text) => text,
    ),
  ).toEqual(['A    BB', 'xxx  y', '     z']);
});
