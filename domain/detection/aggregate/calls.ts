// From spans to one-second call buckets and call edges, for one environment. Memory is bounded by the configured limits.

import type { SpanSummary } from '../../observation.ts';
import type { CallBucket } from '../../telemetry.ts';
import type { DetectionConfig } from '../config.ts';
import { slowFrom } from '../objectives.ts';
import type { DropCounter, Refusal } from '../output.ts';
import { EdgeMemory } from './edges.ts';
import { type Explained, sideOf } from './open-second.ts';
import { SpanSource } from './span-source.ts';
import { TraceJoin } from './trace-join.ts';

const otherPeer = 'other';
const unknownPeer = 'unknown';
const idleSourceMs = 120_000;

export class CallAggregator {
  private readonly config: DetectionConfig;
  private readonly drops: DropCounter;
  private readonly join: TraceJoin;
  private readonly edges = new EdgeMemory();
  private readonly sources = new Map<string, SpanSource>();
  private readonly sourcesOf = new Map<string, Set<string>>();
  private readonly touched = new Set<SpanSource>();
  private newestMs = Number.NEGATIVE_INFINITY;

  constructor(config: DetectionConfig, drops: DropCounter) {
    this.config = config;
    this.drops = drops;
    this.join = new TraceJoin(config.limits.spansInJoin, config.limits.spansPerTrace);
  }

  /** Null when the span has an effect, or had it before. */
  add(span: SpanSummary, receivedMs: number): Refusal | null {
    const kept = this.join.add(span);
    if (kept === 'duplicate') {
      this.drops.add('duplicate-span');
      return null;
    }
    if (kept === 'full') this.drops.add('trace-limit');
    if (sideOf(span) === null) return null;
    const source = this.sourceOf(span.scope.service, span.scope.resourceId ?? '');
    if (source === undefined) return 'service-limit';
    this.touched.add(source);
    this.newestMs = Math.max(this.newestMs, span.startMs + span.durationMs);
    return source.add(span, receivedMs, (call) => this.explain(call, source)) ? null : 'late-span';
  }

  /** A second of history is closed: spans of it that are delivered again are late, and do not make it anew. */
  restore({ service, instance, atMs }: CallBucket): void {
    this.sourceOf(service, instance)?.restore(atMs);
  }

  /** Ends an export: closes what is complete. `nowMs` is the receiver's clock. */
  close(nowMs: number): CallBucket[] {
    for (const source of this.touched) source.endBatch(nowMs);
    this.touched.clear();
    const rows: CallBucket[] = [];
    for (const [key, source] of this.sources) {
      const { service, instance } = source;
      for (const second of source.close(nowMs, this.config.buckets))
        rows.push(...second.close(service, instance, (call) => this.explain(call, source)));
      if (nowMs - source.lastReceivedMs > idleSourceMs) this.dropSource(key, service);
    }
    this.join.forgetBefore(Math.min(this.newestMs, nowMs) - this.config.buckets.joinMs);
    return rows;
  }

  takeNewEdges(): { caller: string; callee: string }[] {
    return this.edges.takeNew();
  }

  /** By service that has sent spans of late: the instant up to which all of its seconds are closed. */
  closedThrough(): ReadonlyMap<string, number> {
    const through = new Map<string, number>();
    for (const { service, heard, closedThroughMs } of this.sources.values())
      if (heard) through.set(service, Math.min(through.get(service) ?? closedThroughMs, closedThroughMs));
    return through;
  }

  /** Whether seconds of the service since this instant are being told of late, by a sender that kept what it could not deliver. */
  waitsFor(service: string, fromMs: number): boolean {
    for (const key of this.sourcesOf.get(service) ?? [])
      if (this.sources.get(key)?.waitsFor(fromMs)) return true;
    return false;
  }

  private explain(span: SpanSummary, source: SpanSource): Explained {
    if (sideOf(span) === 'server') {
      const { failed, waitedMs } = this.join.ownCalls(span);
      return {
        peer: '',
        ownError: span.error && !failed,
        selfTimeMs: Math.max(0, span.durationMs - waitedMs),
      };
    }
    const callee = this.edges.resolve(source.service, span.peer, this.join.calleeOf(span)) ?? unknownPeer;
    return { peer: this.boundedPeer(callee, source), ownError: false, selfTimeMs: 0 };
  }

  private boundedPeer(peer: string, source: SpanSource): string {
    if (source.peers.has(peer)) return peer;
    if (source.peers.size >= this.config.limits.peersPerInstance) {
      this.drops.add('peer-limit');
      return otherPeer;
    }
    source.peers.add(peer);
    return peer;
  }

  /** A service that had to go: what is open of it is not counted. */
  forget(service: string): void {
    for (const key of [...(this.sourcesOf.get(service) ?? [])]) this.dropSource(key, service);
  }

  private dropSource(key: string, service: string): void {
    const source = this.sources.get(key);
    if (source !== undefined) this.touched.delete(source);
    this.sources.delete(key);
    const own = this.sourcesOf.get(service);
    own?.delete(key);
    if (own?.size === 0) this.sourcesOf.delete(service);
  }

  private sourceOf(service: string, instance: string): SpanSource | undefined {
    const key = `${service}\u0000${instance}`;
    const known = this.sources.get(key);
    if (known !== undefined) return known;
    if (this.sources.size >= this.config.limits.servicesPerEnvironment * 10) return undefined;
    const source = new SpanSource(service, instance, slowFrom(service, this.config.slos));
    this.sources.set(key, source);
    const own = this.sourcesOf.get(service) ?? new Set();
    this.sourcesOf.set(service, own.add(key));
    return source;
  }
}
