// POST /api/v1/codec/decode: Temporal's protocol for codec servers, so that its command line shows what is encrypted. Only decode: who
// could have something encoded here could have anything signed.

import { z } from 'zod';
import { ApiProblem } from '../errors.ts';
import { route } from '../http/route.ts';
import type { WirePayload } from '../ports/temporal-payloads.ts';
import { named } from '../schemas/named.ts';

const base64 = z.base64();

const wirePayload = named<WirePayload>()(
  'TemporalPayload',
  z.strictObject({
    metadata: z.record(z.string().max(200), base64).optional(),
    data: base64.optional(),
  }),
);

export const codecDecode = route({
  method: 'POST',
  path: '/api/v1/codec/decode',
  permission: 'viewer',
  summary:
    "What Temporal holds of incidents, readable again: for `temporal … --codec-endpoint`. What is not Sentinel's comes back as it is.",
  body: z.strictObject({ payloads: z.array(wirePayload).max(1_000) }),
  maxBodyBytes: 4 * 1024 * 1024,
  example: { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'IngiCg==' }] },
  answers: { 200: z.strictObject({ payloads: z.array(wirePayload) }) },
  problems: ['not-found'],
  handler: async ({ body, headers, deps: { temporalPayloads } }) => {
    // Temporal's command line and Web UI say which namespace they show; who says none asks for ours.
    const asked = headers.get('x-namespace');
    const { namespace } = temporalPayloads;
    if (asked !== null && asked !== namespace)
      throw new ApiProblem(
        'not-found',
        `this Sentinel has its incidents in the Temporal namespace ${namespace} and decodes no others; ask the codec endpoint of the namespace that you are looking at`,
      );
    return { json: { payloads: await temporalPayloads.open(body.payloads) } };
  },
});
