// Redaction of whole structures, such as a log line or a record: every text in it, with the name that it stands under.

import { redactedMark } from './mark.ts';
import { redact, redactValue } from './redact.ts';

/** Nobody nests so deeply on purpose; what lies below is not kept. */
const deepest = 32;

/** The same structure without secrets, and the very same object when there are none. Never throws. */
export function redactStructure(value: unknown, name = '', depth = 0): unknown {
  if (typeof value === 'string') return name === '' ? redact(value) : redactValue(name, value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return redactedMark;
  if (Array.isArray(value)) {
    const items = value.map((item) => redactStructure(item, name, depth + 1));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  const before = Object.entries(value);
  const after = before.map(([key, one]) => [redact(key), redactStructure(one, key, depth + 1)] as const);
  const isSame = after.every(([key, one], index) => key === before[index]?.[0] && one === before[index]?.[1]);
  return isSame ? value : Object.fromEntries(after);
}
