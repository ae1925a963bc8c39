// What a form did, in one sentence on the page that follows. The address carries a word of this table and no text.

const sentences = {
  approved: 'Your approval is recorded.',
  rejected: 'Your rejection is recorded.',
  noted: 'Note added to the timeline.',
  'taken-over': 'You have taken over. Sentinel takes no further action on this incident.',
  aborted: 'This incident is being aborted.',
  settled: 'Recorded. Sentinel may act on the target again.',
  'rollback-asked':
    'Recorded. It is rolled back as soon as enough admins have asked; the timeline tells what came of it.',
  closed: 'This incident is being closed.',
  engaged: 'The kill switch is engaged: no actions run.',
  released: 'The kill switch is released.',
  silenced: 'The silence holds from now on.',
  'silence-ended': 'The silence is ended: what still fires is judged again.',
  reset: 'The breaker is reset: actions run again as policy allows.',
} as const;
export type Notice = keyof typeof sentences;

export function noticeOf(word: string | undefined): string | null {
  return word !== undefined && Object.hasOwn(sentences, word) ? sentences[word as Notice] : null;
}
