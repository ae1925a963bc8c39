// Instants as exports of monitoring systems write them.

const calendar = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/i;
const epoch = /^\d+(\.\d+)?$/;

/**
 * Milliseconds since the epoch; null when the text is no instant. ISO 8601 with a space or a `T`, UTC when it names no zone; or
 * seconds, milliseconds, microseconds or nanoseconds since the epoch, told apart by their size.
 */
export function instantOf(text: string): number | null {
  const given = text.trim();
  if (epoch.test(given)) return fromEpoch(Number(given));
  const [, day, time = '00:00', zone = 'Z'] = calendar.exec(given) ?? [];
  if (day === undefined) return null;
  const atMs = Date.parse(`${day}T${time}${zone.toUpperCase() === 'UTC' ? 'Z' : zone}`);
  return Number.isNaN(atMs) ? null : atMs;
}

function fromEpoch(given: number): number {
  if (given < 1e11) return given * 1e3;
  if (given < 1e14) return given;
  return given < 1e17 ? given / 1e3 : given / 1e6;
}
