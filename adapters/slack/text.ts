// Text for Slack's mrkdwn. Whatever did not stand in our source is escaped, and `verbatim` keeps Slack from turning plain
// words into links or mentions.

import type { KnownBlock, MrkdwnElement } from '@slack/web-api';
import { timeText } from '../../domain/incident/words.ts';

/** Of one text object of a section. */
const longestSection = 3_000;
const room = 60;

/** Text from elsewhere: no mention, link, formatting or code span can begin in it. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('`', 'ˋ')
    .replaceAll('*', '∗')
    .replaceAll('~', '∼');
}

/** A name or value set apart from prose. */
export function code(text: string): string {
  return text === '' ? '' : `\`${escaped(text)}\``;
}

/** An instant in the reader's own time zone. */
export function localTime(atMs: number): string {
  const seconds = Math.floor(atMs / 1_000);
  return `<!date^${seconds}^{date_short_pretty} {time_secs}|${timeText(seconds * 1_000)}>`;
}

export function mrkdwn(text: string): MrkdwnElement {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** Whether one section shows all of these lines. */
export function fitsSection(lines: readonly string[]): boolean {
  return lines.join('\n').length < longestSection - room;
}

/** Lines as one section, as many as Slack takes; a line is never cut, so no escape or tag is. */
export function section(lines: readonly string[]): KnownBlock {
  const shown: string[] = [];
  let length = 0;
  for (const line of lines) {
    if (length + line.length + 1 > longestSection - room) break;
    shown.push(line);
    length += line.length + 1;
  }
  const left = lines.length - shown.length;
  return {
    type: 'section',
    text: mrkdwn([...shown, ...(left > 0 ? [`_and ${left} more lines_`] : [])].join('\n') || ' '),
  };
}

export function context(...texts: readonly string[]): KnownBlock {
  return { type: 'context', elements: texts.map(mrkdwn) };
}
