// Moments and figures as people read them: the server writes them into pages, and pages keep them up to date.

/** @typedef {'ratio' | 'ms' | 'per-second' | 'bytes' | 'plain'} Unit */

/**
 * One word for how long ago, or until when.
 * @param {number} atMs
 * @param {number} nowMs
 */
export function relativeText(atMs, nowMs) {
  const seconds = Math.round(Math.abs(nowMs - atMs) / 1000);
  const [count, unit] =
    seconds < 60
      ? [seconds, 's']
      : seconds < 3600
        ? [Math.floor(seconds / 60), 'min']
        : seconds < 172_800
          ? [Math.floor(seconds / 3600), 'h']
          : [Math.floor(seconds / 86_400), 'd'];
  if (nowMs < atMs) return `in ${count} ${unit}`;
  return seconds < 2 ? 'now' : `${count} ${unit} ago`;
}

/**
 * A figure of a series with its unit.
 * @param {number} value
 * @param {Unit} unit
 * @returns {string}
 */
export function valueText(value, unit) {
  if (!Number.isFinite(value)) return '–';
  switch (unit) {
    case 'ratio':
      return `${short(value * 100)} %`;
    case 'ms':
      return value >= 1000 ? `${short(value / 1000)} s` : `${short(value)} ms`;
    case 'per-second':
      return `${short(value)}/s`;
    case 'bytes':
      return bytesText(value);
    case 'plain':
      return short(value);
  }
}

/** @param {number} value */
function bytesText(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.floor(Math.log10(Math.max(1, Math.abs(value))) / 3);
  const shown = Math.min(units.length - 1, power);
  return `${short(value / 1000 ** shown)} ${units[shown]}`;
}

/**
 * At most three significant digits, and whole numbers from a hundred on.
 * @param {number} value
 */
function short(value) {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
