/** How a call ends, as headers: text of any kind arrives as it was. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { statusHeaders } from '../../../ingest/grpc/status.ts';

test('what is plain stays readable, the rest is the percent-encoding of its UTF-8', () => {
  const message = (text: string) => statusHeaders({ code: 3, message: text })['grpc-message'];
  expect(message('metric a, dataPoints[0]: "x" ~')).toBe('metric a, dataPoints[0]: "x" ~');
  expect(message('50 % über\n')).toBe('50 %25 %C3%BCber%0A');
});

test('any text comes back, in printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
      const encoded = statusHeaders({ code: 3, message: text })['grpc-message'] ?? '';
      expect(encoded).toMatch(/^[ -~]+$/);
      expect(decodeURIComponent(encoded)).toBe(text.toWellFormed());
    }),
  );
});

test('without a message or a time to come back there are no headers for them', () => {
  expect(statusHeaders({ code: 0, message: '' })).toEqual({ 'grpc-status': '0' });
});
