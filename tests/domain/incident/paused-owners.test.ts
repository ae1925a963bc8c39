/** The end of an incident says what Sentinel leaves paused, and how it is resumed. */
import { describe, expect, test } from 'vitest';
import { headLines } from '../../../cli/commands/incident-lines.ts';
import { briefing } from '../../../domain/incident/briefing.ts';
import { fold } from '../../../domain/incident/evolve.ts';
import { incidentPage, incidentSummary } from '../../../domain/incident/page.ts';
import { leftPaused } from '../../../domain/incident/paused-owners.ts';
import { postmortem } from '../../../domain/incident/postmortem.ts';
import type { AppliedEffect, IncidentState } from '../../../domain/incident/state.ts';
import { step, target } from '../remediation/plans.ts';
import { commands } from './commands.ts';

const resumeWith = 'flux resume kustomization shop -n flux-system';
const before = target('api', {
  owner: {
    ...{ name: 'flux', detail: '', reverts: ['scale'] },
    sync: {
      ...{ key: 'k', name: 'Flux Kustomization shop in flux-system', is: 'on', resumeWith },
      lifts: ['scale'],
    },
  },
});
const paused: AppliedEffect = {
  ...{ intentId: 'i-1', step: 0, attempt: 1, planHash: 'hash-1', status: 'applied' },
  stepKey: 'pause-sync@kubernetes/main/shop/deployment/api',
};
const sentence = `Flux Kustomization shop in flux-system is still paused by Sentinel. Put what should last into Git, then resume it: ${resumeWith}`;

function stateWith(change: Partial<IncidentState> = {}): IncidentState {
  const timeline = commands.planned.map((command, index) => ({ seq: index + 1, atMs: index, ...command }));
  const state = fold(timeline, 'incident/1');
  if (state?.hashedPlan == null) throw new Error('the example has a plan');
  const plan = { ...state.hashedPlan.plan, steps: [step({ action: 'pause-sync', before })] };
  return {
    ...state,
    ...{ hashedPlan: { planHash: 'hash-1', plan }, effects: [paused] },
    ...{ status: 'closed', outcome: 'resolved', closedAtMs: 9_000 },
    ...change,
  };
}

describe('what is left paused', () => {
  test('is told on every surface when the fix has helped', () => {
    const state = stateWith();
    expect(briefing({ state }).leftPaused).toEqual([sentence]);
    expect(incidentPage(state, '')).toContain(`**Left paused** ${sentence}`);
    expect(incidentSummary(state, 'resolved').split('\n')).toContain(sentence);
    expect(postmortem(state, [], [])).toContain(`- Left paused: ${sentence}`);
    const listed = { ref: 'r', continuedIn: [], state } as unknown as Parameters<typeof headLines>[0];
    expect(headLines({ ...listed, title: 't' }, (_style, text) => text)).toContain(sentence);
  });

  test.each(['escalated', 'taken-over', 'self-recovered'] as const)(
    'is told of one that ended as %s',
    (outcome) => {
      expect(leftPaused(stateWith({ outcome }))).toEqual([sentence]);
    },
  );

  test('is told when giving it back has failed', () => {
    expect(leftPaused(stateWith({ effects: [{ ...paused, status: 'not-undone' }] }))).toEqual([sentence]);
  });

  test.each(['undone', 'not-needed', 'failed', 'dry-run'] as const)(
    'is nothing when the pause is %s',
    (status) => {
      expect(leftPaused(stateWith({ effects: [{ ...paused, status }] }))).toEqual([]);
    },
  );

  test('is nothing while Sentinel is at work, which may give it back', () => {
    expect(leftPaused(stateWith({ outcome: null, status: 'verifying' }))).toEqual([]);
  });

  test('of an earlier plan is named by its target, and told once', () => {
    const earlier = { ...paused, planHash: 'hash-0' };
    expect(leftPaused(stateWith({ effects: [earlier, { ...earlier, intentId: 'i-0' }] }))).toEqual([
      'what keeps kubernetes/main/shop/deployment/api as Git says is still paused by Sentinel. Put what should last into Git, then resume it: docs/kubernetes.md says how',
    ]);
  });

  test('no text of the outside breaks out of its line, or grows', () => {
    const state = stateWith();
    const wild = {
      ...before,
      owner: { ...before.owner, sync: { ...before.owner?.sync, name: `a\n# b${'x'.repeat(5_000)}` } },
    };
    const plan = {
      ...state.hashedPlan,
      planHash: 'hash-1',
      plan: {
        ...state.hashedPlan?.plan,
        steps: [step({ action: 'pause-sync', before: wild as typeof before })],
      },
    };
    const [said = ''] = leftPaused({ ...state, hashedPlan: plan as IncidentState['hashedPlan'] });
    expect(said).not.toContain('\n');
    expect(said.length).toBeLessThan(900);
  });
});
