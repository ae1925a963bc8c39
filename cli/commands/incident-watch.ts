// Follows an incident's timeline to its end, through short absences of the API.

import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from '../../api/ports/page.ts';
import { ExitError } from '../../app/exit.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import { type ApiClient, Unreachable } from '../api-client.ts';
import type { Output } from '../output.ts';
import { eventLines, type ListedIncident } from './incident-lines.ts';
import { incidentPath } from './incident-path.ts';

const pollMs = 500;
/** A restart of the server takes seconds; after this it is not coming back by itself. */
const patienceMs = 60_000;

/** With `--json` each event is one line. Ends after the event that closes the incident. */
export async function watch({
  text,
  api,
  out,
}: {
  text?: string;
  api: ApiClient;
  out: Output;
}): Promise<void> {
  const ref = text ?? (await newestOpen(api, out));
  const path = incidentPath(ref);
  for await (const event of timeline(api, path, out)) {
    out.answer(event, () => eventLines(event, out.paint));
    if (event.type === 'approval-requested')
      out.note(`          Decide: sentinel approve ${ref}, or sentinel reject ${ref} --reason …`);
    if (event.type === 'incident-closed') return;
  }
}

/** Every event once and in order: from the stream while there is one, else by asking for what is new. */
async function* timeline(api: ApiClient, path: string, out: Output): AsyncGenerator<IncidentEvent, void> {
  for (let after = 0; ; await pause(pollMs)) {
    try {
      for await (const { event, data } of api.stream(`${path}/timeline/stream?after=${after}`)) {
        if (event !== 'timeline-event') continue;
        const told = JSON.parse(data) as IncidentEvent;
        if (told.seq <= after) continue;
        after = told.seq;
        yield told;
      }
    } catch (error) {
      if (!mayBeAsked(error)) throw error;
    }
    const page = await patiently(out, () =>
      api.get<{ items: IncidentEvent[]; nextAfter: number }>(`${path}/timeline?after=${after}`),
    );
    yield* page.items;
    after = page.nextAfter;
  }
}

/** No stream, but perhaps an answer: it broke, there is no room for one more reader, or the server knows no streams. */
function mayBeAsked(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return error instanceof ExitError && [404, 503].includes(Number(error.details.status));
}

async function newestOpen(api: ApiClient, out: Output): Promise<string> {
  for (let told = false; ; told = true) {
    const { items } = await patiently(out, () =>
      api.get<Page<ListedIncident>>('/api/v1/incidents?open=true&limit=1'),
    );
    const [newest] = items;
    if (newest !== undefined) return newest.ref;
    if (!told) out.note('No open incident; waiting for the next one.');
    await pause(pollMs);
  }
}

async function patiently<T>(out: Output, call: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Unreachable) || waitedMs >= patienceMs) throw error;
      if (waitedMs === 0) out.note('Sentinel does not answer; trying again.');
      await pause(pollMs);
    }
  }
}
