// Local time of a place, and back: as the calendar of that place has it, with its daylight saving.

export type LocalDay = { readonly year: number; readonly month: number; readonly day: number };

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, calendar: 'iso8601', hourCycle: 'h23' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  formats.set(timeZone, made);
  return made;
}

/** Names of the IANA data base, such as `Europe/Berlin`; also `UTC`. */
export function isTimeZone(name: string): boolean {
  if (!/^(UTC|[A-Za-z_]+(\/[A-Za-z0-9_+-]+){1,2})$/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What a clock on the wall shows there, counted as if it were UTC. */
function wallMs(atMs: number, timeZone: string): number {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return wall + (((atMs % 1_000) + 1_000) % 1_000);
}

const dayMs = 86_400_000;

export function localDay(atMs: number, timeZone: string): LocalDay & { readonly weekday: number } {
  const wall = new Date(wallMs(atMs, timeZone));
  const [year, month, day] = [wall.getUTCFullYear(), wall.getUTCMonth() + 1, wall.getUTCDate()];
  return { year, month, day, weekday: wall.getUTCDay() };
}

export function daysLater(
  { year, month, day }: LocalDay,
  days: number,
): LocalDay & { readonly weekday: number } {
  const at = new Date(Date.UTC(year, month - 1, day) + days * dayMs);
  return {
    ...{ year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() },
    weekday: at.getUTCDay(),
  };
}

/**
 * The instant of a local time. A time that is skipped when clocks go forward is as much later as they go; of a time that comes
 * twice when they go back it is the first.
 */
export function instantOf({ year, month, day }: LocalDay, minuteOfDay: number, timeZone: string): number {
  const wanted = Date.UTC(year, month - 1, day) + minuteOfDay * 60_000;
  const offsetAt = (atMs: number): number => wallMs(atMs, timeZone) - atMs;
  // Clocks change by hours and not twice in two days: one of the two offsets is the right one.
  const before = offsetAt(wanted - dayMs);
  const after = offsetAt(wanted + dayMs);
  const fitting = [wanted - before, wanted - after].filter((atMs) => wallMs(atMs, timeZone) === wanted);
  return fitting.length === 0 ? wanted - before : Math.min(...fitting);
}
