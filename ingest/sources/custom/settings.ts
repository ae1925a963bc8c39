// What `ingest.custom` says: names of webhooks, and how the JSON of each becomes events.

import { z } from 'zod';
import { longestMapping, wrongWithMapping } from '../../mapping/compile.ts';
import { reachSetting } from '../reach-setting.ts';

const mapping = z
  .string()
  .min(1)
  .max(longestMapping)
  .superRefine((text, context) => {
    const message = wrongWithMapping(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  })
  .describe(
    'A JSONata expression that makes an event, or a list of them, of the body: what `POST /api/v1/events` takes, `kind` being `alert` where it is left out. `sentinel mapping test` tries it.',
  );

const signature = z
  .strictObject({
    header: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,100}$/, 'expected the name of a header')
      .describe('The header with the signature.'),
    prefix: z
      .string()
      .max(50)
      .default('')
      .describe('What stands before the signature there, such as `sha256=`.'),
    encoding: z.enum(['hex', 'base64']).default('hex').describe('How the signature is written.'),
  })
  .optional()
  .describe(
    'The HMAC-SHA256 of the body, for senders that sign: with a secret of `SENTINEL_CUSTOM_<NAME>_SECRETS`. Default: an API key as a bearer token.',
  );

const customSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected small letters, digits and -')
    .describe('Its path is `/api/v1/webhooks/custom/<name>`.'),
  mapping,
  signature,
  reach: reachSetting,
});
export type Custom = z.output<typeof customSchema>;

export const customSettings = z
  .array(customSchema)
  .max(100)
  .default([])
  .superRefine((all, context) => {
    for (const [index, { name }] of all.entries()) {
      if (all.findIndex((one) => one.name === name) < index)
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is used twice` });
    }
  })
  .describe('Webhooks with JSON of any form (docs/custom-webhooks.md).');

/** The variable with the secrets of the webhook of this name. */
export function customVariable(name: string): string {
  return `SENTINEL_CUSTOM_${name.toUpperCase().replaceAll('-', '_')}_SECRETS`;
}
