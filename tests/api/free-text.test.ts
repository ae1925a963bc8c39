// Reasons and notes of people: many read them, and they stay.

import { expect, test } from 'vitest';
import { z } from 'zod';
import { freeText } from '../../api/http/fields.ts';

test('a secret in a reason or a note is replaced; the words around it stay', () => {
  const text = freeText(200);
  expect(text.parse(' rotated, password=hunter2! was in the log ')).toBe(
    'rotated, password=[redacted] was in the log',
  );
  expect(text.parse('the database was slow, too')).toBe('the database was slow, too');
});

test('the OpenAPI document says the same of it as before', () => {
  expect(z.toJSONSchema(freeText(200), { io: 'input' })).toMatchObject({ type: 'string', maxLength: 200 });
});
