// That something is silenced: until when, by whom and why; and the way to silence it.

import { html } from 'hono/html';
import { nameOf } from '../../domain/policy/identity.ts';
import { type Matcher, matchersText } from '../../domain/silences/matchers.ts';
import { type SilencedThing, silencedThings } from '../../domain/silences/silence.ts';
import type { SilencedHere } from '../ports/silences.ts';
import { clockTime } from './format.ts';
import type { Html } from './view.ts';

const words: Readonly<Record<SilencedThing, string>> = {
  notifications: 'no notifications',
  incidents: 'no new incidents',
  actions: 'no actions',
};

export function silencedNotice(here: SilencedHere, nowMs: number): Html | '' {
  const things = silencedThings.filter((thing) => here[thing] !== null);
  const [first] = things;
  const held = first === undefined ? null : here[first];
  if (held === null) return '';
  const { silence, occurrence } = held;
  const by =
    silence.source === null ? nameOf(silence.createdBy) : `${silence.source.by} in ${silence.source.name}`;
  return html`<p class="doubt" role="status"><b>${silence.kind === 'maintenance' ? 'In maintenance' : 'Silenced'} until ${clockTime(occurrence.endsAtMs, nowMs)}</b> by ${by}, because ${silence.reason}: ${things.map((thing) => words[thing]).join(', ')}. <a href="/silences#${silence.id}">Silences</a></p>`;
}

/** Where the form is filled in for this service. */
export function silenceHref(environment: string, service: string): string {
  const matchers: readonly Matcher[] = [
    { label: 'environment', is: '=', value: environment },
    { label: 'service', is: '=', value: service },
  ];
  const text = matchers.map((one) => matchersText([one])).join('\n');
  return `/silences?${new URLSearchParams({ matchers: text })}`;
}
