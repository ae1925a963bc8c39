// Follows an incident's timeline to its end, through short absences of the API.

import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from '../../api/ports.ts';
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
  for (let after = 0; ; ) {
    const page = await patiently(out, () =>
      api.get<{ items: IncidentEvent[]; nextAfter: number }>(`${path}/timeline?after=${after}`),
    );
    for (const event of page.items) {
      out.answer(event, () => eventLines(event, out.paint));
      if (event.type === 'approval-requested')
        out.note(`          Decide: sentinel approve ${ref}, or sentinel reject ${ref} --reason …`);
      if (event.type === 'incident-closed') return;
    }
    after = page.nextAfter;
    if (page.items.length === 0) await pause(pollMs);
  }
}

async function newestOpen(api: ApiClient, out: Output): Promise<string> {
  for (let told = false; ; told = true) {
    const { items } = await patiently(out, () =>
      api.get<Page<ListedIncident>>('/api/incidents?open=true&limit=1'),
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
