// The reason that a form asks for: its field, what is taken of what was typed, and what the form shows without one.

import type { KnownBlock } from '@slack/web-api';
import { z } from 'zod';
import { redact } from '../../../domain/redaction/redact.ts';

const block = 'reason';
const input = 'reason_text';
const longestReason = 2_000;

export function reasonInput(label: string): KnownBlock {
  return {
    type: 'input',
    block_id: block,
    label: { type: 'plain_text', text: label },
    element: {
      type: 'plain_text_input',
      action_id: input,
      multiline: true,
      min_length: 1,
      max_length: longestReason,
    },
  };
}

/** Of the values of a submitted form. Trimmed, bounded and without secrets; may be empty. */
export const reasonValues = z
  .object({ [block]: z.object({ [input]: z.object({ value: z.string().nullish() }) }) })
  .transform((values) =>
    redact(values[block][input].value ?? '')
      .replaceAll(/[^\P{Cc}\n\t]/gu, ' ')
      .trim()
      .slice(0, longestReason)
      .toWellFormed(),
  );

export const reasonMissing = {
  response_action: 'errors' as const,
  errors: { [block]: 'A reason is needed.' },
};
