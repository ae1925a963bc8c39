/** How one watch goes on when the server says something that it cannot get past. */
import { afterEach, expect, it } from 'vitest';
import { type Api, GoneError } from '../../../../adapters/kubernetes/api.ts';
import { type Followed, follow, usualPace } from '../../../../adapters/kubernetes/watch/follow.ts';
import { eventually } from '../../../integration/support/wait.ts';

let followed: Followed | undefined;
afterEach(() => followed?.stop());

/** Of version 1 it says something odd, however often it is asked; from the next list on all is well. */
function start(odd: () => object) {
  const asked = { lists: 0, watches: [] as string[] };
  const api: Pick<Api, 'pages' | 'watch'> = {
    async *pages() {
      asked.lists += 1;
      yield { items: [], version: String(asked.lists), serverMs: null };
    },
    async *watch(_, { version, opened }, signal) {
      asked.watches.push(version);
      opened();
      if (version === '1') yield odd();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
  const sink = { begin() {}, put() {}, complete() {}, gone() {} };
  followed = follow(api, '/pods', sink, { ...usualPace, backoffMs: () => 1 });
  return { asked, its: followed };
}

it('what three attempts could not get past, a new list does', async () => {
  const { asked, its } = start(() => ({ type: 'ODD', object: {} }));
  await eventually('the watch of the new list', () => asked.watches.at(-1) === '2');
  expect(asked).toEqual({ lists: 2, watches: ['1', '1', '1', '2'] });
  expect(its.problem()).toBeNull();
});

it.each<[string, () => object]>([
  ['an event', () => ({ type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old' } })],
  [
    'an answer',
    () => {
      throw new GoneError('too old');
    },
  ],
])('a place that is forgotten (410, as %s) is given up at once', async (_, odd) => {
  const { asked, its } = start(odd);
  await eventually('the watch of the new list', () => asked.watches.at(-1) === '2');
  expect(asked).toEqual({ lists: 2, watches: ['1', '2'] });
  expect(its.problem()).toBeNull();
});
