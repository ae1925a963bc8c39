// The buttons of the card. A button says which incident and which plan it stood under, and nothing else: whether the click
// counts is decided from the record.

import type { Button, KnownBlock } from '@slack/web-api';
import { z } from 'zod';
import type { Briefing } from '../../domain/incident/briefing.ts';
import { planLines, shownSteps } from './card-lines.ts';
import { code, fitsSection, mrkdwn } from './text.ts';

export const actionIds = {
  approve: 'sentinel_approve',
  reject: 'sentinel_reject',
  takeOver: 'sentinel_take_over',
  close: 'sentinel_close',
  settle: 'sentinel_settle',
  rollBack: 'sentinel_roll_back',
  details: 'sentinel_details',
  open: 'sentinel_open',
} as const;

const valueSchema = z.strictObject({
  incidentId: z.string().min(1).max(300),
  /** Empty under a card without a plan. */
  planHash: z.string().max(128),
  /** Beside an effect that is to be settled or rolled back: which one. */
  effectId: z.string().min(1).max(100).optional(),
});
export type ButtonValue = z.output<typeof valueSchema>;

export const writeValue = ({ incidentId, planHash, effectId }: ButtonValue): string =>
  JSON.stringify({ incidentId, planHash, ...(effectId === undefined ? {} : { effectId }) });

/** Null for anything that no card of ours carries. */
export function readValue(text: string | undefined): ButtonValue | null {
  try {
    return valueSchema.parse(JSON.parse(text ?? ''));
  } catch {
    return null;
  }
}

/** Nobody approves what is not shown. */
export function tooLongToApproveHere(briefing: Briefing): boolean {
  const { plan } = briefing;
  return plan !== null && (plan.steps.length > shownSteps || !fitsSection(planLines(briefing)));
}

export function cardButtons(briefing: Briefing, incidentUrl: string | null): KnownBlock[] {
  const { incidentId, approval, plan, status, outcome, stopping } = briefing;
  const value = writeValue({ incidentId, planHash: plan?.planHash ?? '' });
  const asked = status === 'awaiting-approval' && approval?.outcome === 'pending' && stopping === null;
  const decidable = asked && !tooLongToApproveHere(briefing);
  const elements: Button[] = [
    ...(decidable
      ? [
          { ...button('Approve', actionIds.approve, value), style: 'primary' as const, ...risky(plan) },
          { ...button('Reject…', actionIds.reject, value), style: 'danger' as const },
        ]
      : []),
    ...(status === 'closed' || outcome === 'taken-over' || stopping === 'take-over'
      ? []
      : [{ ...button('Take over', actionIds.takeOver, value), confirm: sureToTakeOver }]),
    ...(status === 'handed-over'
      ? [{ ...button('Close', actionIds.close, value), confirm: sureToClose }]
      : []),
    button('Details', actionIds.details, value),
    ...(incidentUrl === null ? [] : [{ ...button('Open', actionIds.open, value), url: incidentUrl }]),
  ];
  return [{ type: 'actions', elements }];
}

const shownToSettle = 5;

/** What a person has to settle: until then nobody acts on the target. Each has a block of its own, and its button in it. */
export function settleBlocks({ incidentId, effects }: Briefing): KnownBlock[] {
  return effects
    .flatMap(({ intentId, step, status, undoInDoubt }) => {
      const itself = status === 'uncertain' ? [{ effectId: intentId, what: 'it happened' }] : [];
      const undo = undoInDoubt === null ? [] : [{ effectId: undoInDoubt, what: 'this was undone' }];
      return [...itself, ...undo].map((doubt) => ({ ...doubt, step }));
    })
    .slice(-shownToSettle)
    .map(({ effectId, what, step }) => ({
      type: 'section',
      text: mrkdwn(
        `*Nobody can tell whether ${what}:* ${code(step)}. Look at the target. Until you say what became of it, Sentinel does nothing on this target.`,
      ),
      accessory: button('Settle…', actionIds.settle, writeValue({ incidentId, planHash: '', effectId })),
    }));
}

const shownToRollBack = 3;

/**
 * What still stands once Sentinel has ended its work, and has an inverse: an admin may have it undone. Whether the target is still as it
 * was left is seen when somebody asks.
 */
export function rollbackBlocks({ incidentId, effects, status }: Briefing): KnownBlock[] {
  if (status !== 'handed-over' && status !== 'closed') return [];
  return effects
    .filter(
      ({ canBeUndone, status: now, undoInDoubt }) =>
        canBeUndone && undoInDoubt === null && (now === 'applied' || now === 'not-undone'),
    )
    .slice(-shownToRollBack)
    .map(({ intentId, step }) => ({
      type: 'section',
      text: mrkdwn(`*Still stands:* ${code(step)}`),
      accessory: button(
        'Roll back…',
        actionIds.rollBack,
        writeValue({ incidentId, planHash: '', effectId: intentId }),
      ),
    }));
}

function button(text: string, actionId: string, value: string): Button {
  return { type: 'button', text: { type: 'plain_text', text, emoji: false }, action_id: actionId, value };
}

const sureToTakeOver = {
  title: { type: 'plain_text', text: 'Take this incident over?' },
  text: {
    type: 'plain_text',
    text: 'Sentinel does nothing more in it. What it has done so far stays as it is.',
  },
  confirm: { type: 'plain_text', text: 'Take over' },
  deny: { type: 'plain_text', text: 'Cancel' },
} as const;

const sureToClose = {
  title: { type: 'plain_text', text: 'Close this incident?' },
  text: {
    type: 'plain_text',
    text: 'An alert that keeps firing opens a new incident when it is reported again.',
  },
  confirm: { type: 'plain_text', text: 'Close' },
  deny: { type: 'plain_text', text: 'Cancel' },
} as const;

/** One question more before a plan of high risk. */
function risky(plan: Briefing['plan']): Pick<Button, 'confirm'> {
  if (plan?.risk !== 'high') return {};
  return {
    confirm: {
      title: { type: 'plain_text', text: 'Approve a plan of high risk?' },
      text: { type: 'plain_text', text: 'Read before → after and the undo of every step once more.' },
      confirm: { type: 'plain_text', text: 'Approve' },
      deny: { type: 'plain_text', text: 'Cancel' },
      style: 'danger',
    },
  };
}
