// Tries a mapping on a sample, as a webhook would apply it: no server, no store.

import { eventSchemas, type Invalid } from '../ingest/events/schema.ts';
import { defaultLimits } from '../ingest/limits.ts';
import { wrongWithMapping } from '../ingest/mapping/compile.ts';
import { createMappings } from '../ingest/mapping/mappings.ts';
import { eventsIn } from '../ingest/sources/custom/mapped-events.ts';

export type MappingTest =
  | { readonly ok: true; readonly events: readonly unknown[] }
  /** `made`: what the mapping gave, where it is no event. */
  | { readonly ok: false; readonly problems: readonly string[]; readonly made?: unknown };

export async function testMapping(mapping: string, sample: unknown): Promise<MappingTest> {
  const wrong = wrongWithMapping(mapping);
  if (wrong !== null) return { ok: false, problems: [`the mapping does not compile: ${wrong}`] };
  const mappings = createMappings();
  try {
    const mapped = await mappings.apply(mapping, sample);
    if (!mapped.ok) return { ok: false, problems: [`the mapping fails: ${mapped.detail}`] };
    return judged(mapped.value);
  } finally {
    await mappings.close();
  }
}

function judged(value: unknown): MappingTest {
  const { isList, events } = eventsIn(value, eventSchemas(defaultLimits));
  const problems = events.flatMap((one, index) => (one.ok ? [] : [told(one.problem, isList ? index : null)]));
  if (problems.length > 0) return { ok: false, problems, made: value };
  return { ok: true, events: events.flatMap((one) => (one.ok ? [readable(one.event)] : [])) };
}

function told({ field, detail }: Invalid, index: number | null): string {
  const place = [index === null ? '' : `[${index}]`, field].filter((part) => part !== '').join('.');
  return place === '' ? detail : `${place}: ${detail}`;
}

function readable(event: { readonly at?: number | undefined }): unknown {
  return event.at === undefined ? event : { ...event, at: new Date(event.at).toISOString() };
}
