// The demo's story has a time, its readers have theirs: while a person is asked, the clock of the story stands still.

import { expect, test } from 'vitest';
import type { IncidentSummary, TimelineEvent } from '../../../lab/run/client.ts';
import { playIncident } from '../../../lab/run/demo.ts';
import type { Stage } from '../../../lab/run/stage.ts';
import type { Scenario } from '../../../lab/scenario/scenario.ts';

const storyMs = 90_000;
const scenario = { name: 'story', faults: [], deadlineMs: storyMs } as unknown as Scenario;

/** An incident that asks at once, and is over `takesMs` after the answer; the person thinks for `thinkingMs`. */
function play(thinkingMs: number, { takesMs = 20_000, overloadedForMs = 0 } = {}) {
  let nowMs = 1_000_000;
  let opened = false;
  let answeredAtMs: number | null = null;
  const overAtMs = () => (answeredAtMs === null ? Number.POSITIVE_INFINITY : answeredAtMs + takesMs);
  const isOver = () => nowMs >= overAtMs();
  const summary = () =>
    ({
      id: 'i',
      ref: 'i',
      status: 'enriching',
      outcome: isOver() ? 'resolved' : null,
      openedAtMs: 1_000_000,
      closedAtMs: isOver() ? nowMs : null,
    }) as unknown as IncidentSummary;
  const operator = {
    incidents: async () => {
      const now = opened ? [summary()] : [];
      opened = true;
      return now;
    },
    timeline: async () =>
      isOver() ? [{ seq: 1, atMs: nowMs, type: 'incident-closed' } as TimelineEvent] : [],
    pendingApprovals: async () => (answeredAtMs === null ? [{ incidentId: 'i', planHash: 'p' }] : []),
    evidence: async () => [],
    decide: async () => {},
    isOverloaded: async () => nowMs - askedAtMs < overloadedForMs,
  };
  const lab = { inject: async () => {}, stats: async () => ({ successRate: 1, p95Ms: 1, sent: 1 }) };
  const stage = { lab, operator } as unknown as Stage;
  const askedAtMs = nowMs;
  const clock = {
    nowMs: () => nowMs,
    pause: async (ms: number) => {
      nowMs += Math.max(ms, 5_000);
      if (answeredAtMs === null && nowMs - askedAtMs >= thinkingMs) answeredAtMs = nowMs;
    },
  };
  const audience = { say: () => {}, event: () => {}, opened: () => {}, ask: async () => null };
  return playIncident(stage, scenario, audience, clock);
}

test.each([1_000, 60_000, 3_600_000, 86_400_000])(
  'a person who thinks for %i ms sees the end',
  async (thinkingMs) => {
    expect(await play(thinkingMs)).toMatchObject({ outcome: 'recovered' });
  },
);

test('on a busy machine the story is told to its end, for so long as Sentinel may take to catch up', async () => {
  const takesMs = 4 * 60_000;
  expect(await play(1_000, { takesMs, overloadedForMs: takesMs })).toMatchObject({ outcome: 'recovered' });
  expect(await play(1_000, { takesMs })).toMatchObject({ outcome: 'open' });
  const ever = { takesMs: Number.POSITIVE_INFINITY, overloadedForMs: Number.POSITIVE_INFINITY };
  expect(await play(1_000, ever)).toMatchObject({ outcome: 'open' });
});

test('a story that asks nobody still has its time', async () => {
  let nowMs = 0;
  const operator = { incidents: async () => [], pendingApprovals: async () => [] };
  const lab = { inject: async () => {}, stats: async () => ({ successRate: 1, p95Ms: 1, sent: 1 }) };
  const audience = { say: () => {}, event: () => {}, opened: () => {}, ask: async () => null };
  const clock = {
    nowMs: () => nowMs,
    pause: async () => {
      nowMs += 1_000;
    },
  };
  const result = await playIncident({ lab, operator } as unknown as Stage, scenario, audience, clock);
  expect(result).toMatchObject({ outcome: 'none' });
  expect(nowMs).toBe(storyMs);
});

test.each(['operator', 'admin'] as const)('what needs an %s is decided as one', async (role) => {
  const decidedAs: string[] = [];
  const voter = (name: string) => ({
    incidents: async () => (asked ? [{ id: 'i', ref: 'i', closedAtMs: null } as IncidentSummary] : []),
    timeline: async () => [],
    pendingApprovals: async () => [{ incidentId: 'i', planHash: 'p', role }],
    decide: async () => decidedAs.push(name),
    isOverloaded: async () => false,
  });
  let asked = false;
  let nowMs = 0;
  const stage = {
    lab: { inject: async () => {}, stats: async () => ({ successRate: 1, p95Ms: 1, sent: 1 }) },
    operator: voter('operator'),
    admin: voter('admin'),
  } as unknown as Stage;
  const audience = {
    ...{ say: () => {}, event: () => {}, opened: () => {} },
    ask: async () => 'approve' as const,
  };
  const clock = {
    // Waiting for a person takes no time of the story: it ends when somebody has decided.
    nowMs: () => (decidedAs.length > 0 ? Number.MAX_SAFE_INTEGER : nowMs),
    pause: async () => {
      asked = true;
      nowMs += 1_000;
    },
  };
  await playIncident(stage, { ...scenario, deadlineMs: storyMs }, audience, clock);
  expect(decidedAs).toEqual([role]);
});
