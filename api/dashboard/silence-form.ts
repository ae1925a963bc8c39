// The form of a new silence as the body that the API takes.

import { parseMatcher } from '../../domain/silences/matchers.ts';
import { weekdays } from '../../domain/silences/schedule.ts';
import { silencedThings } from '../../domain/silences/silence.ts';
import { ApiProblem } from '../errors.ts';
import { linesOf } from './pages/silences.ts';

/** What is wrong with the values the route says; here only what is no value of its kind. */
export function silenceBody(fields: Readonly<Record<string, string>>, nowMs: number): unknown {
  const { matchers = '', minutes = '', reason = '', ticket = '', at = '', zone = '', ...others } = fields;
  const chosen: readonly string[] = [...weekdays, ...silencedThings];
  const unknown = Object.entries(others).filter(([name]) => !chosen.includes(name));
  const parsed = linesOf(matchers).map((line) => {
    const matcher = parseMatcher(line);
    if (matcher === null) throw new ApiProblem('invalid-input', `This is no matcher: ${line}`);
    return matcher;
  });
  const days = weekdays.filter((day) => fields[day] === 'on');
  const lasts = Number(minutes);
  const weekly = {
    ...{ kind: 'weekly', days, at, minutes: lasts, timeZone: zone === '' ? 'UTC' : zone },
    ...{ fromMs: nowMs, untilMs: null },
  };
  const once = { kind: 'once', startsAtMs: nowMs, endsAtMs: nowMs + lasts * 60_000 };
  return {
    // The route refuses what nobody knows.
    ...Object.fromEntries(unknown),
    ...{ matchers: parsed, reason },
    kind: days.length > 0 ? 'maintenance' : 'silence',
    schedule: days.length > 0 ? weekly : once,
    silences: silencedThings.filter((thing) => fields[thing] === 'on'),
    ...(ticket.trim() === '' ? {} : { ticket }),
  };
}
