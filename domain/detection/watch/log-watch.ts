// The log templates of one environment under watch. Few may fire at once per service: a storm is one story.

import type { LogBucket } from '../../telemetry.ts';
import { plainLine } from '../../text.ts';
import { LogTemplate } from '../detectors/log-template.ts';
import { Finding } from '../lifecycle.ts';
import type { DropCounter } from '../output.ts';
import { seriesKey } from '../series.ts';
import { type WatchContext, watchKey } from './context.ts';

/** Of a log's words in a title. */
const longestWords = 160;

type Watched = {
  readonly service: string;
  readonly detector: LogTemplate;
  readonly finding: Finding;
  severityNumber: number;
  usedMs: number;
};

export class LogWatch {
  private readonly environment: string;
  private readonly drops: DropCounter;
  private readonly templates = new Map<string, Watched>();
  private readonly templatesOf = new Map<string, Set<string>>();
  /** By service: when its log was first seen. */
  private readonly firstMs = new Map<string, number>();
  private readonly firing = new Map<string, number>();

  constructor(environment: string, drops: DropCounter) {
    this.environment = environment;
    this.drops = drops;
  }

  add(row: LogBucket, nowMs: number): void {
    const firstMs = Math.min(this.firstMs.get(row.service) ?? row.atMs, row.atMs);
    this.firstMs.set(row.service, firstMs);
    const key = watchKey(row.service, row.templateId);
    let watched = this.templates.get(key);
    if (watched === undefined) {
      watched = this.create(row, firstMs, nowMs);
      this.templates.set(key, watched);
      const own = this.templatesOf.get(row.service) ?? new Set();
      this.templatesOf.set(row.service, own.add(key));
    }
    watched.severityNumber = Math.max(watched.severityNumber, row.severityNumber);
    watched.usedMs = nowMs;
    watched.detector.add(row.atMs, row.count);
  }

  /** Judges every template; `clock` gives the instant up to which a service's log is complete, null when it is silent. */
  judge(clock: (service: string) => number | null, { config, sink }: WatchContext): void {
    for (const { service, detector, finding, severityNumber } of this.templates.values()) {
      const heardMs = clock(service);
      if (heardMs === null) continue;
      const nowMs = Math.max(heardMs, detector.newestMs);
      const wasFiring = finding.firing;
      const judgement = detector.judge(nowMs, severityNumber, config.logs, wasFiring);
      const count = this.firing.get(service) ?? 0;
      if (judgement.kind === 'deviating' && !wasFiring && count >= config.limits.logAnomaliesPerService) {
        this.drops.add('log-anomaly-limit');
        continue;
      }
      finding.update(judgement, nowMs, config.clearing, sink);
      if (finding.firing !== wasFiring) this.firing.set(service, count + (finding.firing ? 1 : -1));
    }
  }

  sweep(nowMs: number, idleMs: number): void {
    for (const [key, { usedMs, finding, service }] of this.templates)
      if (nowMs - usedMs > idleMs && !finding.firing) {
        this.templates.delete(key);
        this.templatesOf.get(service)?.delete(key);
      }
  }

  /** A service that had to go. */
  forget(service: string): void {
    for (const key of this.templatesOf.get(service) ?? []) this.templates.delete(key);
    this.templatesOf.delete(service);
    this.firstMs.delete(service);
    this.firing.delete(service);
  }

  announce({ sink }: WatchContext): void {
    for (const { finding } of this.templates.values()) finding.announce(sink);
  }

  private create(row: LogBucket, firstMs: number, nowMs: number): Watched {
    const { service, templateId, severityNumber } = row;
    const finding = new Finding({
      detector: 'log-template',
      signal: 'logs',
      scope: { environment: this.environment, service },
      seriesKey: seriesKey({ kind: 'log', environment: this.environment, service, templateId }),
      metric: 'logs.count',
      ...(row.template === '' ? {} : { title: plainLine(row.template, longestWords) }),
    });
    const before = (row.replaces ?? []).flatMap(
      (id) => this.templates.get(watchKey(service, id))?.detector ?? [],
    );
    return {
      service,
      detector: new LogTemplate(service, templateId, firstMs, before),
      finding,
      severityNumber,
      usedMs: nowMs,
    };
  }
}
