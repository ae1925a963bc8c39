// The real model, in its thread: it loads in a fraction of a second, and takes milliseconds a text.

import { afterAll, expect, test } from 'vitest';
import { createSentenceEmbedder } from '../../../adapters/sentences/embedder.ts';
import { cosine } from '../../../domain/memory/cosine.ts';

const embedder = createSentenceEmbedder();
afterAll(() => embedder.close());

test('says the same of the same, more of what means the same, and of questions at once each its own', async () => {
  const [[one = [], other = []], [same = []]] = await Promise.all([
    embedder.embed(['error rate on it is above usual', 'the certificate of it expires soon']),
    embedder.embed(['it has a high error rate']),
  ]);
  expect(one).toHaveLength(512);
  expect(cosine(one, same)).toBeGreaterThan(cosine(other, same) + 0.2);
  expect(await embedder.embed(['it has a high error rate'])).toEqual([same]);
});

test('is started again when it has ended meanwhile', async () => {
  const short = createSentenceEmbedder(0);
  const [first] = await short.embed(['disk is full']);
  await expect.poll(() => short.isRunning(), { timeout: 60_000 }).toBe(false);
  expect(await short.embed(['disk is full'])).toEqual([first]);
  await short.close();
});
