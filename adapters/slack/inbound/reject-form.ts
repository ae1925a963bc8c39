// The form that asks why a plan is rejected.

import type { ModalView } from '@slack/web-api';
import { z } from 'zod';
import type { ButtonValue } from '../card-buttons.ts';
import { reasonInput, reasonValues } from './form-reason.ts';

export const rejectForm = 'sentinel_reject_form';

const metadataSchema = z.strictObject({
  incidentId: z.string().min(1).max(300),
  planHash: z.string().max(128),
  conversation: z.string().max(64).nullable(),
});
type Metadata = z.output<typeof metadataSchema>;

export function rejectView({ incidentId, planHash }: ButtonValue, conversation: string | null): ModalView {
  const metadata: Metadata = { incidentId, planHash, conversation };
  return {
    type: 'modal',
    callback_id: rejectForm,
    private_metadata: JSON.stringify(metadata),
    title: { type: 'plain_text', text: 'Reject this plan' },
    submit: { type: 'plain_text', text: 'Reject' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      {
        type: 'section',
        text: {
          type: 'plain_text',
          text: `Plan ${planHash.slice(0, 12)} will not be carried out.`,
          emoji: false,
        },
      },
      reasonInput('Reason, for the record'),
    ],
  };
}

const submissionSchema = z.object({
  user: z.object({ id: z.string() }),
  view: z.object({
    private_metadata: z.string(),
    state: z.object({ values: reasonValues }),
  }),
});

export type Submission = Metadata & { readonly user: string; readonly reason: string };

/** Null when the form is none of ours. The reason is trimmed and bounded, and may be empty. */
export function submissionOf(body: unknown): Submission | null {
  const parsed = submissionSchema.safeParse(body);
  if (!parsed.success) return null;
  const { user, view } = parsed.data;
  try {
    const metadata = metadataSchema.parse(JSON.parse(view.private_metadata));
    return { ...metadata, user: user.id, reason: view.state.values };
  } catch {
    return null;
  }
}
