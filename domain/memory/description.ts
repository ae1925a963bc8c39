// What an alert says, as a description to compare: in words, without names and numbers.

import type { Common } from '../alerts/common.ts';
import { maskedTokens } from '../detection/aggregate/masking.ts';

export type Described = {
  readonly service: string;
  readonly title: string;
  readonly common: Common;
};

const longestDescription = 300;

/** In plain words, without the service's own name, numbers, ids and hosts; empty when nothing is left. */
export function descriptionOf({ service, title, common }: Described): string {
  const said = [common.rule ?? '', title].map((text) => wordsOf(withoutName(text, service)));
  const [rule = '', text = ''] = said;
  // Titles often begin with the name of their rule.
  const both = text.startsWith(rule) ? text : `${rule}: ${text}`;
  return both.replace(/^: /, '').slice(0, longestDescription).trim();
}

/**
 * Whether the two cannot mean the same. A sentence embedding takes "receive errors" and "transmit errors", "much higher" and "much lower" for
 * the same, because all the rest of the sentence is: so one may say more than the other, but nothing else in its place, and not the opposite.
 */
export function differInMeaning(one: string, other: string): boolean {
  const [left, right] = [wordsIn(one), wordsIn(other)];
  return areOpposed(left, right) || saysInstead(contentOf(left), contentOf(right));
}

/** Each has a word of its own. */
function saysInstead(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return !left.isSubsetOf(right) && !right.isSubsetOf(left);
}

function areOpposed(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return opposites.some(([low, high]) => {
    const isLow = [left, right].map((words) => !words.isDisjointFrom(low));
    const isHigh = [left, right].map((words) => !words.isDisjointFrom(high));
    return (
      (isLow[0] === true && isHigh[0] === false && isHigh[1] === true && isLow[1] === false) ||
      (isHigh[0] === true && isLow[0] === false && isLow[1] === true && isHigh[1] === false)
    );
  });
}

const wordsIn = (text: string): ReadonlySet<string> => new Set(text.split(/[\s:/]+/));
const contentOf = (words: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...words].filter((word) => word.length > 2 && !filling.has(word)).map(stemOf));

/** `failing`, `fails` and `failed` are one word. No stemmer: enough for what alerts say. */
function stemOf(word: string): string {
  return word
    .replace(/ies$/, 'y')
    .replace(/(?<=.{3})(?:ings?|ed|es|s|ions?|ly)$/, '')
    .replace(/(.)\1$/, '$1')
    .replace(/e$/, '');
}

/** Words that say nothing of what is wrong: of every sentence, of how much, of whom it happens to, and of the telling. */
const filling = wordsIn(
  `a an and are as at be been behind by do does for from has have with within in into is it its not of on or than that the their them then
   this to was were will back above over under below exceed exceeds exceeded high higher too many more most much usual usually number count
   rate rates percent total increased increasing alarm alert monitor triggered threshold crossed detected firing warning critical check
   checks probe service services request requests response responses call calls instance instances container containers pod pods host hosts
   node nodes server servers job jobs usage use used limit last minute minutes hour hours second seconds time times current currently now
   again report reports return returns returned answer answers says shows sees`,
);

const opposites = [
  [
    'no none few fewer low lower less below under minimum drop dropped decreased missing empty idle slow',
    'many more high higher above over maximum spike increased growing full busy exceeded',
  ],
  [
    'normal recovered resolved healthy ok',
    'high higher many slow degraded failing fails failed down exhausted',
  ],
  ['read reads inbound ingress incoming received', 'write writes outbound egress outgoing sent'],
  ['start started starts up', 'stop stopped stops down'],
  ['client 4xx', 'server 5xx'],
  ['primary leader master', 'replica follower standby'],
].map(([low = '', high = '']) => [wordsIn(low), wordsIn(high)] as const);

function withoutName(text: string, service: string): string {
  return service === '' ? text : text.replace(wholeWord(service), 'it');
}

export function wholeWord(name: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}-])${RegExp.escape(name)}(?![\\p{L}\\p{N}]|-[\\p{L}\\p{N}])`, 'giu');
}

function wordsOf(text: string): string {
  return maskedTokens(
    text
      // `[FIRING:1]`, `[P2]`: what senders put before the words.
      .replace(/\[[^\]]{0,40}\]/g, ' ')
      .replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ')
      .replaceAll('_', ' ')
      .replace(/\b[45]xx\b/gi, (status) => (status.startsWith('5') ? 'server error' : 'client error')),
  )
    .map((token) => token.replace(/<[a-z]+>/g, ' '))
    .join(' ')
    .replace(/[^\p{L}\p{N}'/ -]+|(?<![\p{L}\p{N}])-|-(?![\p{L}\p{N}])/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}
