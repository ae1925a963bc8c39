// How grave an alert is, from the words that teams, pagers and monitoring systems have for it.

import type { Severity } from '../scope.ts';

export type SeverityWords = Readonly<Record<Severity, readonly string[]>>;

/** Case and separators do not count: `SEV_1`, `sev-1` and `Sev 1` are one word. */
export const defaultSeverityWords: SeverityWords = {
  critical: [
    ...['critical', 'crit', 'fatal', 'page', 'pager', 'high', 'highest', 'severe', 'major', 'disaster'],
    ...['urgent', 'immediate', 'blocker', 'emergency', 'emerg', 'panic', 'alert', 'error', 'err', 'red'],
  ],
  warning: ['warning', 'warn', 'medium', 'moderate', 'average', 'minor', 'ticket', 'normal', 'yellow'],
  info: [
    ...['info', 'information', 'informational', 'notice', 'low', 'lowest', 'trivial', 'none', 'ok'],
    ...['debug', 'notclassified', 'green'],
  ],
};

/** `P1`, `SEV-2`, `S0`, `priority 3`, or a number alone: 0 and 1 are the gravest, as pagers count. */
const numbered = /^(?:p|prio|priority|s|sev|severity|level)?0*([0-9])$/;

function byNumber(digit: number): Severity {
  if (digit <= 1) return 'critical';
  return digit <= 3 ? 'warning' : 'info';
}

/**
 * The severity a word stands for: words of the configuration first, then numbers, then each word of several (`1 - Critical`),
 * the gravest of them. What nobody knows is a warning, so that a misspelt severity neither hides nor pages.
 */
export function severityOf(text: string, words: SeverityWords = defaultSeverityWords): Severity {
  const whole = known(text, words);
  if (whole !== null) return whole;
  const parts = text.split(/[^\p{L}\p{N}]+/u).map((part) => known(part, words));
  for (const severity of ['critical', 'warning', 'info'] as const) {
    if (parts.includes(severity)) return severity;
  }
  return 'warning';
}

function known(text: string, words: SeverityWords): Severity | null {
  const word = folded(text);
  if (word === '') return null;
  for (const severity of ['critical', 'warning', 'info'] as const) {
    if (words[severity].some((one) => folded(one) === word)) return severity;
  }
  const digit = numbered.exec(word)?.[1];
  return digit === undefined ? null : byNumber(Number(digit));
}

function folded(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}
