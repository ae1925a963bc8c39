// What every error answers: RFC 9457, with the fields of ours.

import { z } from 'zod';

export const problem = z
  .strictObject({
    type: z.string().meta({ description: '`urn:sentinel:problem:` and the kind of problem.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    requestId: z.string(),
    reason: z.string().optional().meta({ description: 'A word of a closed set that programs may match.' }),
    errors: z
      .array(z.strictObject({ field: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Every field that is wrong.' }),
  })
  .meta({ id: 'Problem' });
