// The form that asks why a plan is rejected.

import type { ModalView } from '@slack/web-api';
import { z } from 'zod';
import type { ButtonValue } from '../card-buttons.ts';
import { formOrigin, formView, submitted } from './form.ts';
import { reasonInput, reasonValues } from './form-reason.ts';

export const rejectForm = 'sentinel_reject_form';

const aboutSchema = z.strictObject({ ...formOrigin, planHash: z.string().max(128) });
type About = z.output<typeof aboutSchema>;

export function rejectView({ incidentId, planHash }: ButtonValue, conversation: string | null): ModalView {
  const about: About = { incidentId, planHash, conversation };
  return formView({
    id: rejectForm,
    about,
    title: 'Reject this plan',
    submit: 'Reject',
    text: `Plan ${planHash.slice(0, 12)} will not be carried out.`,
    inputs: [reasonInput('Reason, for the record')],
  });
}

export type Submission = About & { readonly user: string; readonly reason: string };

/** Null when the form is none of ours. The reason is trimmed and bounded, and may be empty. */
export function submissionOf(body: unknown): Submission | null {
  const form = submitted(body, aboutSchema, reasonValues);
  return form === null ? null : { ...form.about, user: form.user, reason: form.values };
}
