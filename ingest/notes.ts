// Notes on telemetry beside its history: what had no effect, and what instances are made of. Gathered in memory, bounded, and
// written now and then: no request waits for them, and losing some to a crash loses no telemetry.

import { FairShare } from '../domain/detection/fair-share.ts';
import type { Logger, RefusedTelemetryRow, ResourceRow, TelemetryNotes } from './ports.ts';

export type Notes = {
  refused(row: RefusedTelemetryRow): void;
  /** `sender`: whose share of the room it takes. */
  resource(row: ResourceRow, sender: string): void;
  /** Writes what has gathered; what cannot be written is kept for the next time, within the bounds. Never throws. */
  flush(nowMs: number): Promise<void>;
};

/** Places and reasons between two flushes; senders choose the names, so further ones are added up under one. */
const maxRefused = 200;
const otherServices = '(other services)';
const maxResources = 5_000;
/** A resource that does not change is written again after this long, so that it is known to be there still. */
const rewriteMs = 60 * 60_000;
/**
 * What one sender may make known within `rewriteMs`: whoever invents instances fills the table by so much at most while the
 * others are written once, so that the oldest, which go when it is full, are its own.
 */
const newPerSender = 5_000;

export function createNotes(store: TelemetryNotes, log: Pick<Logger, 'warn'>): Notes {
  let refusals = new Map<string, RefusedTelemetryRow>();
  let resources = new Map<string, ResourceRow>();
  let shares = new FairShare(maxResources);
  /** By sender: how many it has made known since `countedSinceMs`. */
  const made = new Map<string, number>();
  let countedSinceMs = Number.NEGATIVE_INFINITY;
  /** What was written last of each resource, oldest first. */
  const written = new Map<string, { readonly digest: string; readonly atMs: number }>();

  function refused(given: RefusedTelemetryRow): void {
    const isFull = refusals.size >= maxRefused && !refusals.has(refusalKey(given));
    const row = isFull ? { ...given, service: otherServices } : given;
    const known = refusals.get(refusalKey(row));
    refusals.set(refusalKey(row), { ...row, records: row.records + (known?.records ?? 0) });
  }

  function resource(row: ResourceRow, sender: string): void {
    const key = resourceKey(row);
    if (!written.has(key) && !resources.has(key)) {
      const known = made.get(sender) ?? 0;
      if (known >= newPerSender) return;
      made.set(sender, known + 1);
    }
    const gone = shares.use(key, sender);
    if (gone !== null) resources.delete(gone);
    resources.set(key, row);
  }

  async function flush(nowMs: number): Promise<void> {
    const refusalsNow = [...refusals.values()];
    const digests = new Map([...resources].map(([key, row]) => [key, JSON.stringify(row.attributes)]));
    const resourcesNow = [...resources].filter(([key]) => {
      const last = written.get(key);
      return last === undefined || last.digest !== digests.get(key) || nowMs - last.atMs >= rewriteMs;
    });
    refusals = new Map();
    resources = new Map();
    shares = new FairShare(maxResources);
    if (nowMs - countedSinceMs >= rewriteMs || nowMs < countedSinceMs) {
      made.clear();
      countedSinceMs = nowMs;
    }
    try {
      await store.refused(refusalsNow);
    } catch (error) {
      for (const row of refusalsNow) refused(row);
      log.warn({ err: error, rows: refusalsNow.length }, 'could not note refused telemetry; will try again');
    }
    try {
      await store.resources(resourcesNow.map(([, row]) => row));
      for (const [key] of resourcesNow) {
        written.delete(key);
        written.set(key, { digest: digests.get(key) ?? '', atMs: nowMs });
      }
      for (const key of written.keys()) {
        if (written.size <= 2 * maxResources) break;
        written.delete(key);
      }
    } catch (error) {
      // They come again with the next export.
      log.warn({ err: error, rows: resourcesNow.length }, 'could not note resources; will try again');
    }
  }

  return { refused, resource, flush };
}

const refusalKey = ({ environment, service, signal, reason }: RefusedTelemetryRow): string =>
  JSON.stringify([environment, service, signal, reason]);
const resourceKey = ({ environment, service, resourceId }: ResourceRow): string =>
  JSON.stringify([environment, service, resourceId]);
