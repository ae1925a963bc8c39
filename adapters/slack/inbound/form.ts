// A form in Slack: how it is shown, and what comes back. What it is about travels with it, unseen by people, and is checked when
// it returns like anything from outside.

import type { KnownBlock, ModalView } from '@slack/web-api';
import { z } from 'zod';

/** What every form is about beside its own subject. */
export const formOrigin = {
  incidentId: z.string().min(1).max(300),
  conversation: z.string().max(64).nullable(),
};

export function formView(form: {
  readonly id: string;
  readonly about: object;
  readonly title: string;
  readonly submit: string;
  readonly text: string;
  readonly inputs: readonly KnownBlock[];
}): ModalView {
  return {
    type: 'modal',
    callback_id: form.id,
    private_metadata: JSON.stringify(form.about),
    title: { type: 'plain_text', text: form.title },
    submit: { type: 'plain_text', text: form.submit },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      { type: 'section', text: { type: 'plain_text', text: form.text, emoji: false } },
      ...form.inputs,
    ],
  };
}

const submissionSchema = z.object({
  user: z.object({ id: z.string() }),
  view: z.object({ private_metadata: z.string(), state: z.object({ values: z.unknown() }) }),
});

/** Who sent it, what it is about, and what was filled in; null when the form is none of ours. */
export function submitted<About, Values>(
  body: unknown,
  about: z.ZodType<About>,
  values: z.ZodType<Values>,
): { readonly user: string; readonly about: About; readonly values: Values } | null {
  const parsed = submissionSchema.safeParse(body);
  if (!parsed.success) return null;
  const { user, view } = parsed.data;
  const filled = values.safeParse(view.state.values);
  if (!filled.success) return null;
  try {
    return { user: user.id, about: about.parse(JSON.parse(view.private_metadata)), values: filled.data };
  } catch {
    return null;
  }
}
