// The form that asks why an effect is to be rolled back.

import type { ModalView } from '@slack/web-api';
import { z } from 'zod';
import { formOrigin, formView, submitted } from './form.ts';
import { reasonInput, reasonValues } from './form-reason.ts';

export const rollBackForm = 'sentinel_roll_back_form';

const aboutSchema = z.strictObject({ ...formOrigin, effectId: z.string().min(1).max(100) });
type About = z.output<typeof aboutSchema>;

export function rollBackView(about: About): ModalView {
  return formView({
    id: rollBackForm,
    about,
    title: 'Roll back?',
    submit: 'Roll back',
    text: 'What was done is undone, if nobody has changed the target since. A risky undo needs a second admin.',
    inputs: [reasonInput('Reason, for the record')],
  });
}

export type RollbackAsked = About & { readonly user: string; readonly reason: string };

/** Null when the form is none of ours. The reason is trimmed and bounded, and may be empty. */
export function rollbackAskedOf(body: unknown): RollbackAsked | null {
  const form = submitted(body, aboutSchema, reasonValues);
  return form === null ? null : { ...form.about, user: form.user, reason: form.values };
}
