// Names and numbers as they may stand in a summary: a hostile service name must not become markup, a mention or a prompt.

const maxLength = 64;

/** The name with everything but letters, digits and `._:/@-` replaced by `_`, at most 64 characters. */
export function safeName(name: string): string {
  const text = name.slice(0, maxLength).replace(/[^A-Za-z0-9._:/@-]/g, '_');
  return text === '' ? 'unnamed' : text;
}

/** A number for people: at most four significant digits, no exponent for ordinary sizes. */
export function plainNumber(value: number): string {
  if (!Number.isFinite(value)) return 'unknown';
  if (Math.abs(value) >= 1000) return String(Math.round(value));
  return String(Number(value.toPrecision(4)));
}

export function percent(ratio: number): string {
  return `${plainNumber(Math.round(ratio * 1000) / 10)} %`;
}

/** Bytes in the unit that keeps it short. */
export function plainBytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${plainNumber(Math.round(size * 10) / 10)} ${units[unit]}`;
}

export function plainMs(value: number): string {
  return value >= 10_000 ? `${plainNumber(Math.round(value / 100) / 10)} s` : `${Math.round(value)} ms`;
}

/** A share close to none or to all: objectives differ in the third decimal. */
export function finePercent(ratio: number): string {
  return `${Number((100 * ratio).toFixed(3))} %`;
}

/** A span as it is configured: `5 min`, `6 h`, `30 d`. */
export function plainSpan(value: number): string {
  const [minutes, hours, days] = [value / 60_000, value / 3_600_000, value / 86_400_000];
  if (days >= 2) return `${plainNumber(days)} d`;
  return hours >= 1 ? `${plainNumber(hours)} h` : `${plainNumber(minutes)} min`;
}
