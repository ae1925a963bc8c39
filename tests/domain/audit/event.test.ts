import { describe, expect, it } from 'vitest';
import { type AuditEvent, canonicalAuditEvent } from '../../../domain/audit/event.ts';

const event: AuditEvent = {
  actor: 'person:kim',
  action: 'approval.decide',
  atMs: 1_700_000_000_000,
  reason: 'looks right',
  subject: 'incident/ab12/1',
  planHash: 'f00d',
  details: { decision: 'approve' },
};

describe('audit event', () => {
  it('has one text, whatever the order it was written in', () => {
    const shuffled = Object.fromEntries(Object.entries(event).reverse()) as AuditEvent;
    expect(canonicalAuditEvent(shuffled)).toBe(canonicalAuditEvent(event));
    expect(JSON.parse(canonicalAuditEvent(event))).toEqual(event);
  });

  it('leaves out what is not part of the record', () => {
    const more = { ...event, secret: 'x' };
    expect(canonicalAuditEvent(more)).toBe(canonicalAuditEvent(event));
  });
});
