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
 * Whether one says the opposite of the other: sentences about too much and too little are alike in everything else, and a sentence
 * embedding takes them for the same.
 */
export function areOpposed(one: string, other: string): boolean {
  const [left, right] = [new Set(one.split(/[ :/]/)), new Set(other.split(/[ :/]/))];
  const has = (words: ReadonlySet<string>, side: readonly string[]) => side.some((word) => words.has(word));
  return opposites.some(([low, high]) => {
    const [leftLow, leftHigh, rightLow, rightHigh] = [
      has(left, low),
      has(left, high),
      has(right, low),
      has(right, high),
    ];
    return (
      (leftLow && !leftHigh && rightHigh && !rightLow) || (leftHigh && !leftLow && rightLow && !rightHigh)
    );
  });
}

const words = (text: string) => text.split(' ');
const opposites = [
  [
    'no none few fewer low lower less below under minimum drop dropped decreased missing empty idle slow',
    'many more high higher above over maximum spike increased growing full busy exceeded',
  ],
  ['read reads inbound ingress incoming received', 'write writes outbound egress outgoing sent'],
  ['start started starts up', 'stop stopped stops down'],
  ['client 4xx', 'server 5xx'],
  ['primary leader master', 'replica follower standby'],
].map(([low = '', high = '']) => [words(low), words(high)] as const);

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
