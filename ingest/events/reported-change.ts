// What any sender says of a change somebody made, as an inbox item. Text is cleaned here, and the instant is moved into bounds.

import type { IngestLimits } from '../limits.ts';
import type { InboxItem } from '../ports.ts';
import { cleanText } from '../text.ts';
import { changeItem } from './items.ts';
import { boundedInstant, type ReportContext } from './reported.ts';
import { cleanKeys } from './schema.ts';

export type ReportedChange = {
  /** The sender's name for the change, the same each time it is told. Any plain text of at most 200 characters. */
  readonly id: string;
  /** `release` and `config` are what diagnosis suspects; any other is shown. */
  readonly type: string;
  /** Empty: the configured default. */
  readonly environment: string;
  readonly service: string;
  /** Null: now. */
  readonly atMs: number | null;
  readonly summary: string;
  readonly attributes: Readonly<Record<string, string>>;
};

export function reportedChange(
  change: ReportedChange,
  context: ReportContext & { readonly actor: string; readonly newId: () => string },
): InboxItem {
  const { limits, receivedMs } = context;
  const name = (text: string): string => cleanText(text, limits.maxNameChars);
  const environment = name(change.environment);
  return changeItem(
    {
      kind: 'change',
      type: name(change.type) || 'change',
      service: name(change.service),
      ...(environment === '' ? {} : { environment }),
      at: boundedInstant(change.atMs ?? receivedMs, context),
      summary: cleanText(change.summary, limits.maxTitleChars) || 'a change without a summary',
      attributes: attributesOf(change.attributes, limits),
    },
    change.id,
    { ...context, idempotencyKey: null },
  );
}

/** Without those that say nothing. */
function attributesOf(given: Readonly<Record<string, string>>, limits: IngestLimits): Record<string, string> {
  const clean = Object.entries(given)
    .map(([key, value]) => [key, cleanText(value, limits.maxAttributeValueChars)] as const)
    .filter(([, value]) => value !== '')
    .slice(0, limits.maxAttributes);
  return cleanKeys(Object.fromEntries(clean), limits.maxAttributeKeyChars);
}
