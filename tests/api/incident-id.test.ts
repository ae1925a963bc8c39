// The two spellings of an incident's id lead to each other, and nothing else leads to an id.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromUrlId, toUrlId } from '../../api/incident-id.ts';
import { incidentWorkflowId } from '../../workflows/messages.ts';

const hash = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 1, maxLength: 64 });
const episode = fc.integer({ min: 1, max: 999_999_999 });

test('short and long form lead to the same incident', () => {
  fc.assert(
    fc.property(hash, episode, (fingerprint, number) => {
      const id = incidentWorkflowId(fingerprint, number);
      expect(fromUrlId(toUrlId(id))).toBe(id);
      expect(fromUrlId(id)).toBe(id);
      expect(encodeURIComponent(toUrlId(id))).toBe(toUrlId(id));
    }),
  );
});

test('whatever is accepted is an id of the one spelling', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f/-]{1,20}$/)), (text) => {
      const id = fromUrlId(text);
      if (id !== null) expect(id).toMatch(/^incident\/[0-9a-f]+\/[1-9]\d*$/);
    }),
  );
  expect(fromUrlId('3f2a9c-01')).toBeNull();
});
