// What a form did, in one sentence on the page that follows. The address carries a word of this table and no text.

const sentences = {
  approved: 'Your approval is recorded.',
  rejected: 'Your rejection is recorded.',
  noted: 'Your note is in the timeline.',
  'taken-over': 'You took this incident over. Sentinel does nothing more in it.',
  aborted: 'The work on this incident is being ended.',
  engaged: 'The kill switch is engaged: nothing is changed any more.',
  released: 'The kill switch is released.',
} as const;
export type Notice = keyof typeof sentences;

export function noticeOf(word: string | undefined): string | null {
  return word !== undefined && Object.hasOwn(sentences, word) ? sentences[word as Notice] : null;
}
