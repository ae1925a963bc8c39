// The form that asks what became of an effect that nobody could tell of.

import type { ModalView } from '@slack/web-api';
import { z } from 'zod';
import { reasonInput, reasonValues } from './form-reason.ts';

export const settleForm = 'sentinel_settle_form';
const block = 'outcome';
const input = 'outcome_choice';

const metadataSchema = z.strictObject({
  incidentId: z.string().min(1).max(300),
  effectId: z.string().min(1).max(100),
  conversation: z.string().max(64).nullable(),
});
type Metadata = z.output<typeof metadataSchema>;

export function settleView(metadata: Metadata): ModalView {
  return {
    type: 'modal',
    callback_id: settleForm,
    private_metadata: JSON.stringify(metadata),
    title: { type: 'plain_text', text: 'What became of it?' },
    submit: { type: 'plain_text', text: 'Settle' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      {
        type: 'section',
        text: {
          type: 'plain_text',
          text: 'Look at the target first. Sentinel may act on it again once you have answered.',
          emoji: false,
        },
      },
      {
        type: 'input',
        block_id: block,
        label: { type: 'plain_text', text: 'Did it happen?' },
        element: {
          type: 'radio_buttons',
          action_id: input,
          options: [choice('It happened', 'true'), choice('It did not happen', 'false')],
        },
      },
      reasonInput('What you saw'),
    ],
  };
}

const choice = (text: string, value: string) => ({
  text: { type: 'plain_text' as const, text },
  value,
});

const submissionSchema = z.object({
  user: z.object({ id: z.string() }),
  view: z.object({
    private_metadata: z.string(),
    state: z.object({
      values: z.looseObject({
        [block]: z.object({
          [input]: z.object({ selected_option: z.object({ value: z.enum(['true', 'false']) }).nullish() }),
        }),
      }),
    }),
  }),
});

export type Settlement = Metadata & {
  readonly user: string;
  /** Null when neither was chosen. */
  readonly happened: boolean | null;
  readonly reason: string;
};

/** Null when the form is none of ours. */
export function settlementOf(body: unknown): Settlement | null {
  const parsed = submissionSchema.safeParse(body);
  if (!parsed.success) return null;
  const { user, view } = parsed.data;
  const reason = reasonValues.safeParse(view.state.values);
  if (!reason.success) return null;
  try {
    const metadata = metadataSchema.parse(JSON.parse(view.private_metadata));
    const chosen = view.state.values[block][input].selected_option?.value;
    return {
      ...metadata,
      user: user.id,
      happened: chosen === undefined ? null : chosen === 'true',
      reason: reason.data,
    };
  } catch {
    return null;
  }
}

export const outcomeMissing = {
  response_action: 'errors' as const,
  errors: { [block]: 'Choose one.' },
};
