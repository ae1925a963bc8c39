// What alerts and changes of the Events API have in common.

import { z } from 'zod';
import { flatTexts } from '../../events/texts.ts';

const text = z.string().nullish();
const details = z.union([z.record(z.string(), z.unknown()), z.string(), z.null()]).optional();

export const payloadSchema = z.object({
  summary: z.string().min(1, 'must not be empty'),
  source: text,
  severity: text,
  timestamp: text,
  component: text,
  group: text,
  class: text,
  custom_details: details,
});
export type Payload = z.output<typeof payloadSchema>;

/** What names the service, the environment and the rest: fields that the sender made up, and below them those that all have. */
export function labelsOf(payload: Partial<Payload>): Record<string, string> {
  const { custom_details, source, severity, component, group, class: kind } = payload;
  const own = typeof custom_details === 'object' ? flatTexts(custom_details) : {};
  return { ...own, ...flatTexts({ source, severity, component, group, class: kind }) };
}
