// JSON that a sender wrote as text into its JSON: held to the same bounds as a body.

import { Refused, refuseIf } from '../http/event-request.ts';
import { createShapeCounter } from '../http/json-shape.ts';
import type { IngestLimits } from '../limits.ts';

/** Throws `Refused`, with the field that has the text. */
export function innerJson(text: string, field: string, { maxMessages, maxNesting }: IngestLimits): unknown {
  const shape = createShapeCounter({ maxContainers: maxMessages, maxDepth: maxNesting });
  if (shape.push(Buffer.from(text)) !== null) {
    const detail = `${field} has more than ${maxMessages} objects and arrays, or they are nested deeper than ${maxNesting} levels`;
    throw new Refused({ status: 413, kind: 'too-large', title: 'Too large', detail, field });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    refuseIf({ kind: 'invalid', field, detail: 'is not JSON' });
    return null;
  }
}
