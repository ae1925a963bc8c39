import { expect, test } from 'vitest';
import { guardEmbedder } from '../../../app/memory/guarded-embedder.ts';
import type { Vector } from '../../../domain/memory/port.ts';

function guarded(embed: (texts: readonly string[]) => Promise<readonly Vector[]>, timeoutMs = 60_000) {
  const asked: string[][] = [];
  const vectors = new Map<string, Vector>();
  const clock = { ms: 0 };
  const embedder = guardEmbedder(
    {
      space: 'test',
      embed(texts) {
        asked.push([...texts]);
        return embed(texts);
      },
    },
    {
      find: async (_, digests) =>
        new Map(
          digests.flatMap((digest) => (vectors.has(digest) ? [[digest, vectors.get(digest) ?? []]] : [])),
        ),
      keep: async (_, made) => {
        for (const [digest, vector] of made) vectors.set(digest, vector);
      },
    },
    { timeoutMs, failures: 3, pauseMs: 60_000, nowMs: () => clock.ms },
  );
  return { embedder, asked, clock, vectors };
}
const lengths = async (texts: readonly string[]) => texts.map((text) => [text.length, 1]);

test('what was asked before is not asked again, and texts are kept as digests only', async () => {
  const { embedder, asked, vectors } = guarded(lengths);
  expect(await embedder.embed(['abc', 'a', 'abc'])).toEqual([
    [3, 1],
    [1, 1],
    [3, 1],
  ]);
  expect(await embedder.embed(['a', 'ab'])).toEqual([
    [1, 1],
    [2, 1],
  ]);
  expect(asked).toEqual([['abc', 'a'], ['ab']]);
  expect([...vectors.keys()].join()).toMatch(/^[0-9a-f,]+$/);
});

test('many are asked in parts', async () => {
  const { embedder, asked } = guarded(lengths);
  const texts = Array.from({ length: 70 }, (_, at) => 'x'.repeat(at + 1));
  expect((await embedder.embed(texts)).map(([length]) => length)).toEqual(texts.map((text) => text.length));
  expect(asked.map((part) => part.length)).toEqual([32, 32, 6]);
});

test('one that fails three times in a row is left alone for a minute', async () => {
  let works = false;
  const { embedder, asked, clock } = guarded(async (texts) => {
    if (!works) throw new Error('away');
    return lengths(texts);
  });
  for (const text of ['a', 'b', 'c']) await expect(embedder.embed([text])).rejects.toThrow('away');
  works = true;
  clock.ms = 59_999;
  await expect(embedder.embed(['d'])).rejects.toThrow('left alone');
  expect(asked).toHaveLength(3);
  clock.ms = 60_000;
  expect(await embedder.embed(['d'])).toEqual([[1, 1]]);
});

test('one that does not answer is not waited for', async () => {
  const { embedder } = guarded(() => new Promise(() => {}), 20);
  await expect(embedder.embed(['a'])).rejects.toThrow('did not answer within 20 ms');
});

test.each([
  ['too few', [[1, 2]]],
  ['of different lengths', [[1, 2], [1]]],
  [
    'without numbers',
    [
      [1, Number.NaN],
      [1, 2],
    ],
  ],
  ['empty', [[], []]],
])('vectors that are %s are no vectors', async (_name, answer) => {
  const { embedder, vectors } = guarded(async () => answer);
  await expect(embedder.embed(['a', 'b'])).rejects.toThrow('vectors');
  expect(vectors.size).toBe(0);
});
