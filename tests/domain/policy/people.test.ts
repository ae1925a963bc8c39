// Whom a door leads to, and that a door which two people share leads to nobody.

import { expect, test } from 'vitest';
import { nobody, peopleOf } from '../../../domain/policy/people.ts';

const people = peopleOf([
  { name: 'ada', role: 'operator', chat: ['slack:UADA', 'slack:UADA2'], keys: ['4f2a'] },
  {
    name: 'bo',
    role: 'admin',
    reach: { environments: ['eu-*'] },
    chat: ['slack:UBO'],
    keys: ['5b6c', '9d9d'],
  },
  { name: 'cy', role: 'operator', chat: [], keys: ['9d9d'] },
]);

test('chat accounts and keys lead to the same person', () => {
  expect(people.behind('slack:UADA')).toEqual({ name: 'ada', role: 'operator', door: 'chat' });
  expect(people.behind('slack:UADA2')).toMatchObject({ name: 'ada', door: 'chat' });
  expect(people.behind('4f2a')).toMatchObject({ name: 'ada', door: 'key' });
  expect(people.behind('5b6c')).toMatchObject({ name: 'bo', reach: { environments: ['eu-*'] } });
  expect(people.named('cy')).toMatchObject({ role: 'operator' });
});

test('what two people claim is nobody’s, and so is what nobody claims', () => {
  expect(people.behind('9d9d')).toBeNull();
  expect(people.behind('slack:UNO')).toBeNull();
  expect(people.named('slack:UADA')).toBeNull();
  expect([nobody.behind('4f2a'), nobody.named('ada')]).toEqual([null, null]);
});
