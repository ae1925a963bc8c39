// Sentinel's own metrics.

/** Sentinel's own metrics. Names, units and label names stand in one table (adapters/telemetry/metric-table.ts). */
export interface Metrics {
  /** Adds to a counter; `value` defaults to 1. */
  count(name: string, labels: Readonly<Record<string, string>>, value?: number): void;
  observe(name: string, labels: Readonly<Record<string, string>>, value: number): void;
  gauge(name: string, labels: Readonly<Record<string, string>>, value: number): void;
}
