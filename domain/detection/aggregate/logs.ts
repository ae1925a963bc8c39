// From log records to counts per service, template and second. A record that arrives late makes a row of its own: the
// rows of one second are added up.

import type { LogRecord } from '../../observation.ts';
import type { LogBucket } from '../../telemetry.ts';
import type { DetectionConfig } from '../config.ts';
import type { Refusal } from '../output.ts';
import { type Template, TemplateMiner } from './templates.ts';

const secondMs = 1000;

type Open = {
  readonly service: string;
  readonly template: Template;
  readonly atMs: number;
  /** Its second is over when it is over by our clock, or by the clock of a sender that is ahead. */
  readonly dueMs: number;
  severityNumber: number;
  count: number;
  fromOutside: boolean;
};

export class LogAggregator {
  private readonly config: DetectionConfig;
  private readonly miners = new Map<string, TemplateMiner>();
  private readonly open = new Map<string, Open>();

  constructor(config: DetectionConfig) {
    this.config = config;
  }

  /** Null when the record counts. */
  add(record: LogRecord, receivedMs: number): Refusal | null {
    const { service } = record.scope;
    const miner = this.miner(service);
    if (miner === undefined) return 'service-limit';
    const template = miner.match(record.body, receivedMs);
    const atMs = Math.floor(record.atMs / secondMs) * secondMs;
    const key = `${service}\u0000${template.id}\u0000${atMs}`;
    const { severityNumber } = record;
    const fromOutside = record.fromOutside === true;
    const known = this.open.get(key);
    const dueMs = Math.min(atMs, receivedMs) + secondMs;
    if (known === undefined)
      this.open.set(key, { service, template, atMs, dueMs, severityNumber, count: 1, fromOutside });
    else {
      known.count += 1;
      known.fromOutside &&= fromOutside;
      known.severityNumber = Math.max(known.severityNumber, severityNumber);
    }
    return null;
  }

  /** The seconds that are over, oldest first. `nowMs` is the receiver's clock. */
  close(nowMs: number): LogBucket[] {
    const throughMs = nowMs - this.config.buckets.logWaitMs;
    const rows: LogBucket[] = [];
    for (const [key, { service, template, atMs, dueMs, severityNumber, count, fromOutside }] of this.open) {
      if (dueMs > throughMs) continue;
      this.open.delete(key);
      const { id: templateId, text, replaces } = template;
      const row = { atMs, service, templateId, template: text, severityNumber, count };
      rows.push({ ...row, ...(fromOutside ? { fromOutside } : {}), ...(replaces && { replaces }) });
    }
    return rows.sort((a, b) => a.atMs - b.atMs);
  }

  /** Learns the templates of history. */
  restore(row: LogBucket): void {
    this.miner(row.service)?.restore(row.templateId, row.template, row.atMs);
  }

  /** A service that had to go. */
  forget(service: string): void {
    this.miners.delete(service);
  }

  private miner(service: string): TemplateMiner | undefined {
    let miner = this.miners.get(service);
    if (miner === undefined && this.miners.size < this.config.limits.servicesPerEnvironment) {
      const { templatesPerService, idleSeriesMs } = this.config.limits;
      miner = new TemplateMiner(templatesPerService, idleSeriesMs);
      this.miners.set(service, miner);
    }
    return miner;
  }
}
