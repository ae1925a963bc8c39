/** The load generator's own truth: what happened to each request, in buckets of one second of its sending. */

export interface Bucket {
  /** Start of the second, epoch milliseconds. */
  at: number;
  sent: number;
  ok: number;
  failed: number;
  p95Ms: number | null;
}

export interface LoadStats {
  from: number;
  to: number;
  sent: number;
  ok: number;
  failed: number;
  /** Sent and not yet answered. */
  pending: number;
  /** Of the answered requests; null when there are none. */
  successRate: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
  buckets: Bucket[];
}

interface Second {
  sent: number;
  ok: number;
  durationsMs: number[];
}

const keepSeconds = 3_600;

export class LoadRecorder {
  private readonly seconds = new Map<number, Second>();

  /** Notes a request sent at `atMs`; call the result with its outcome. */
  sent(atMs: number): (ok: boolean, durationMs: number) => void {
    const at = Math.floor(atMs / 1000) * 1000;
    let second = this.seconds.get(at);
    if (!second) {
      second = { sent: 0, ok: 0, durationsMs: [] };
      this.seconds.set(at, second);
      this.seconds.delete(at - keepSeconds * 1000);
    }
    const mine = second;
    mine.sent += 1;
    return (ok, durationMs) => {
      if (ok) mine.ok += 1;
      mine.durationsMs.push(durationMs);
    };
  }

  /** Everything sent in the seconds that start in [from, to). Durations of failed requests count too. */
  between(from: number, to: number): LoadStats {
    const chosen = [...this.seconds].filter(([at]) => at >= from && at < to).sort(([a], [b]) => a - b);
    const durationsMs = chosen.flatMap(([, second]) => second.durationsMs);
    const sent = chosen.reduce((sum, [, second]) => sum + second.sent, 0);
    const ok = chosen.reduce((sum, [, second]) => sum + second.ok, 0);
    return {
      from,
      to,
      sent,
      ok,
      failed: durationsMs.length - ok,
      pending: sent - durationsMs.length,
      successRate: durationsMs.length === 0 ? null : ok / durationsMs.length,
      p50Ms: quantile(durationsMs, 0.5),
      p95Ms: quantile(durationsMs, 0.95),
      buckets: chosen.map(([at, second]) => ({
        at,
        sent: second.sent,
        ok: second.ok,
        failed: second.durationsMs.length - second.ok,
        p95Ms: quantile(second.durationsMs, 0.95),
      })),
    };
  }
}

/** Nearest-rank quantile; null without values. */
export function quantile(values: number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
}
