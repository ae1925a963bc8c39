// The form that asks what became of an effect that nobody could tell of.

import type { ModalView } from '@slack/web-api';
import { z } from 'zod';
import { formOrigin, formView, submitted } from './form.ts';
import { reasonInput, reasonValues } from './form-reason.ts';

export const settleForm = 'sentinel_settle_form';
const block = 'outcome';
const input = 'outcome_choice';

const aboutSchema = z.strictObject({ ...formOrigin, effectId: z.string().min(1).max(100) });
type About = z.output<typeof aboutSchema>;

export function settleView(about: About): ModalView {
  return formView({
    id: settleForm,
    about,
    title: 'What became of it?',
    submit: 'Settle',
    text: 'Look at the target first. Sentinel may act on it again once you have answered.',
    inputs: [
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
  });
}

const choice = (text: string, value: string) => ({
  text: { type: 'plain_text' as const, text },
  value,
});

const outcomeValues = z.looseObject({
  [block]: z.object({
    [input]: z.object({ selected_option: z.object({ value: z.enum(['true', 'false']) }).nullish() }),
  }),
});

export type Settlement = About & {
  readonly user: string;
  /** Null when neither was chosen. */
  readonly happened: boolean | null;
  readonly reason: string;
};

/** Null when the form is none of ours. */
export function settlementOf(body: unknown): Settlement | null {
  const form = submitted(body, aboutSchema, outcomeValues);
  const reason = reasonValues.safeParse(form?.values);
  if (form === null || !reason.success) return null;
  const chosen = form.values[block][input].selected_option?.value;
  return {
    ...form.about,
    user: form.user,
    happened: chosen === undefined ? null : chosen === 'true',
    reason: reason.data,
  };
}

export const outcomeMissing = {
  response_action: 'errors' as const,
  errors: { [block]: 'Choose one.' },
};
