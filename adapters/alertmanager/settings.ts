// What is configured of an Alertmanager whose silences are read.

import { z } from 'zod';
import { labelSettings } from '../../ingest/events/label-settings.ts';
import { httpUrl } from '../network/settings.ts';

const { environment, service, component, resource } = labelSettings;

export const settings = z.strictObject({
  url: httpUrl
    .refine((url) => new URL(url).username === '' && new URL(url).search === '', {
      error: 'expected a URL without user name, password and query',
    })
    .describe('Where it answers: Alertmanager, or what speaks as it does, with the path before `/api/v2`.'),
  username: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('For basic authentication; the secret is its password.'),
  tenant: z.string().min(1).max(200).optional().describe('Sent as `X-Scope-OrgID`, for Mimir and Cortex.'),
  everySeconds: z.int().min(5).max(3_600).default(30).describe('How often its silences are read.'),
  timeoutSeconds: z.int().min(1).max(60).default(10).describe('How long one answer may take.'),
  labels: z
    .strictObject({ environment, service, component, resource })
    .prefault({})
    .describe(
      'What it calls what Sentinel knows as environment, service and so on: a silence of `job="orders"` is about the service `orders`.',
    ),
});
export type AlertmanagerSettings = z.output<typeof settings>;
