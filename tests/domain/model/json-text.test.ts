import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAnswer } from '../../../domain/model/answer.ts';
import { findObject } from '../../../domain/model/json-text.ts';

const answer = { verdict: 'inconclusive', summary: 'Not {enough} to "tell".', hypotheses: [], risks: [] };
const json = JSON.stringify(answer);

test.each<[string, string]>([
  ['alone', json],
  ['in a fence', `\`\`\`json\n${json}\n\`\`\``],
  ['after plain thoughts', `<think>\nIt may be the pool.\n</think>\n\n${json}`],
  [
    'after thoughts with braces',
    `<think>{pool-exhaustion, hang}. I could say {"verdict":"explained"}.</think>\n${json}`,
  ],
  ['after thoughts with a whole answer', `<thinking>${json.replace('Not', 'Never')}</thinking>${json}`],
  ['after thoughts whose beginning was left out', `Candidates are {pool, hang}.\n</think>\n\n${json}`],
  ['after two thoughts', `<think>{a}</think> {b} <think>{"c":1}</think>${json}`],
  ['before its thoughts', `${json}\n<think>Was that {right}?</think>`],
  ['before thoughts that do not end', `${json}\n<think>Was that {"right":true}`],
  ['with words after it', `${json}\nReplace {service} by the name you use.`],
  ['with another object after it', `${json}\n{"note":"as asked"}`],
  ['with a quote before it', `He said: "it is {broken}. ${json}`],
  ['twice', `${json.replace('Not', 'Never')}\n${json}`],
])('an answer %s', (_what, text) => {
  expect(findObject(text, isAnswer)).toEqual(answer);
});

test.each<[string, string]>([
  ['words', 'It may be the pool.'],
  ['cut off', json.slice(0, -5)],
  ['an array', '[1, 2]'],
  ['thoughts that do not end', `<think>${json}`],
])('no object in %s', (_what, text) => {
  expect(findObject(text, isAnswer)?.verdict).toBeUndefined();
});

test('an object of another shape is still one, so that it can be asked for again', () => {
  expect(findObject('{"verdict":"maybe"} {', isAnswer)).toEqual({ verdict: 'maybe' });
});

test('any words around an answer, and any braces in them that close, leave it whole', () => {
  const words = fc.string().map((text) => text.replaceAll(/["<>\\]/g, ''));
  fc.assert(
    fc.property(words, words, (before, after) => {
      const balanced = before.replaceAll(/[{}]/g, '');
      expect(findObject(`${balanced}${json}${after}`, isAnswer)).toEqual(answer);
    }),
  );
});

test('hostile text ends soon', () => {
  for (const text of ['{'.repeat(64_000), '{"a":'.repeat(10_000), '{"'.repeat(30_000)])
    expect(findObject(text)).toBeNull();
});
