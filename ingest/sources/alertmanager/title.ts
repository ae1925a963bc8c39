// What an alert says is wrong, in one line.

import { redactValue } from '../../../domain/redaction/redact.ts';
import { cleanText } from '../../text.ts';

export type AlertTexts = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
};

/** Labels that say where and how grave, which a title has beside it. */
const elsewhere =
  /^(alertname|severity|priority|service|service_name|app|job|environment|env|cluster|namespace|prometheus|endpoint|grafana_folder|component)$/;
const shownLabels = 3;

/** The summary; else the first sentence of the description; else the alert's name with the labels that tell it apart. */
export function titleOf({ annotations, labels }: AlertTexts, maxChars: number): string {
  const { summary, title, description, message } = annotations;
  for (const text of [summary, title, firstSentence(description), firstSentence(message)]) {
    const clean = cleanText(text ?? '', maxChars);
    if (clean !== '') return clean;
  }
  const telling = Object.entries(labels)
    .filter(([name, value]) => !elsewhere.test(name) && value.trim() !== '')
    .slice(0, shownLabels)
    .map(([name, value]) => `${name} ${redactValue(name, value)}`);
  const name = cleanText(labels.alertname ?? '', maxChars) || 'an alert without a name';
  return cleanText(telling.length === 0 ? name : `${name} (${telling.join(', ')})`, maxChars);
}

function firstSentence(text: string | undefined): string | undefined {
  return text?.trim().split(/(?<=[.!?。])\s|\r?\n/)[0];
}
