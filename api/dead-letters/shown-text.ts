// Bytes as people may see them: without secrets, without control characters, and not without end.

import { mostScanned, redact } from '../../domain/redaction/redact.ts';
import { redactStructure } from '../../domain/redaction/structure.ts';
import type { DeadLetterContent } from '../ports/dead-letters.ts';

const maxChars = 32_000;

/** JSON keeps its shape; of other bytes, such as Protobuf, what is text in them can be read. */
export function shownText(value: Uint8Array | null): Pick<DeadLetterContent, 'text' | 'cut'> {
  if (value === null) return { text: null, cut: false };
  const given = new TextDecoder().decode(value);
  const structure = parsed(given);
  const isCut = structure === undefined && given.length > mostScanned;
  const clean = structure === undefined ? redact(given) : withoutSecrets(given, structure);
  const text = clean.replace(/[\p{Cc}--[\n\t]]/gv, '·');
  if (text.length <= maxChars) return { text, cut: isCut };
  return { text: text.slice(0, maxChars).toWellFormed(), cut: true };
}

function withoutSecrets(text: string, structure: unknown): string {
  const clean = redactStructure(structure);
  return clean === structure ? text : JSON.stringify(clean);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
