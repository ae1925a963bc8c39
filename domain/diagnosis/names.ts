// Names in sentences for people. Names come from telemetry, so they are reduced to harmless characters and length.

/** A service or instance name as it may stand in a finding. */
export function shown(name: string): string {
  return name.replace(/[^A-Za-z0-9._/:@-]/g, '?').slice(0, 80);
}

export function percent(ratio: number): string {
  const value = ratio * 100;
  return `${value >= 10 || value === 0 ? value.toFixed(0) : value.toFixed(1)} %`;
}

export function milliseconds(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

export function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

/** Four significant digits: enough for people, and the same text on every machine. */
export function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

export function perSecond(rate: number): string {
  return `${rate >= 10 ? rate.toFixed(0) : rate.toFixed(1)} per second`;
}

/** `one of 3 instances`, `all instances`, `2 of 3 instances`. */
export function share(affected: number, of: number): string {
  if (of <= 1) return 'its instance';
  if (affected >= of) return `all ${of} instances`;
  return affected === 1 ? `one of ${of} instances` : `${affected} of ${of} instances`;
}
