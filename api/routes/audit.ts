// GET /api/v1/audit: who did what to what, when and why.

import { z } from 'zod';
import { oneLine, pageQuery, range } from '../http/fields.ts';
import { route } from '../http/route.ts';
import type { AuditEntry } from '../ports/audit.ts';
import { named } from '../schemas/named.ts';
import { pageOf } from '../schemas/page.ts';
import { instantMs, sha256 } from '../schemas/scope.ts';

const auditEntry = named<AuditEntry>()(
  'AuditEntry',
  z.strictObject({
    seq: z.int(),
    atMs: instantMs,
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    reason: z.string(),
    planHash: sha256.nullable(),
    canonical: z.string().meta({ description: 'The canonical bytes that were stored, as text.' }),
  }),
);

export const auditQuery = route({
  method: 'GET',
  path: '/api/v1/audit',
  permission: 'operator',
  summary: 'Audit entries by actor, action, subject and time (`from`, `to`), newest first.',
  query: z
    .strictObject({
      ...pageQuery,
      actor: oneLine(300).optional(),
      action: oneLine(100).optional(),
      subject: oneLine(300).optional(),
      ...range,
    })
    // Also asked when one of them was refused, and is still text.
    .refine(({ from, to }) => typeof from !== 'number' || typeof to !== 'number' || from <= to, {
      path: ['from'],
      error: 'must not be after `to`',
    }),
  answers: { 200: pageOf(auditEntry) },
  handler: async ({ query: { limit, cursor, from, to, ...filter }, deps }) => ({
    json: await deps.audit.query(
      {
        ...filter,
        ...(from === undefined ? {} : { fromMs: from }),
        ...(to === undefined ? {} : { toMs: to }),
      },
      limit,
      cursor ?? null,
    ),
  }),
});

const verification = z
  .strictObject({
    ok: z.boolean(),
    checked: z.int().meta({ description: 'Entries whose links hold, from the first on.' }),
    brokenSeq: z.int().optional().meta({ description: 'Number of the first entry that does not hold.' }),
    what: z.string().optional(),
  })
  .meta({ id: 'AuditVerification' });

export const auditVerification = route({
  method: 'GET',
  path: '/api/v1/audit/verification',
  permission: 'admin',
  summary: 'Verifies the hash chain of the whole audit trail; names the first entry where it breaks.',
  answers: { 200: verification },
  handler: async ({ deps }) => ({ json: await deps.audit.verify() }),
});
