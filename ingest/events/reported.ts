// What any sender says of one of its alerts, as an inbox item. Text is cleaned here, and instants are moved into bounds: senders'
// clocks differ, and an alert may have been firing for weeks; it still counts.

import { createHash } from 'node:crypto';
import type { Common } from '../../domain/alerts/common.ts';
import type { AlertEvent } from '../../domain/observation.ts';
import type { Severity } from '../../domain/scope.ts';
import type { IngestLimits } from '../limits.ts';
import type { InboxItem } from '../ports.ts';
import { cleanText } from '../text.ts';
import { reportItem } from './items.ts';

export type Reported = {
  /** The sender's name for the alert, the same whenever it fires and ends. Any text. */
  readonly id: string;
  readonly status: AlertEvent['status'];
  /** Empty: the configured default. */
  readonly environment: string;
  readonly service: string;
  readonly component?: string;
  readonly resourceId?: string | null;
  /** When this occurrence began and ended, where the sender says so. */
  readonly startsAtMs: number | null;
  readonly endsAtMs: number | null;
  /** Whether every message is a change with its instant, delivered late or twice at most: not what is so now. */
  readonly tellsChanges?: boolean;
  readonly severity: Severity;
  readonly title: string;
  /** What it may have in common with alerts about other services, where the sender says so. */
  readonly common?: Common;
  /** All its labels, where the sender has any: what silences ask about. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The system that judged: it names the sender on pages, and tells two senders' ids apart. */
  readonly source: string;
  /**
   * For a sender whose ends do not say where they belong: its ids name alerts across environments, within what this names, and an
   * end is about whatever the alert was about when it fired. What is said of it otherwise is for an alert that nobody knows.
   */
  readonly endsByIdWithin?: string;
};

export type ReportContext = {
  readonly limits: IngestLimits;
  readonly defaultEnvironment: string;
  readonly receivedMs: number;
};

export function reportedItem(reported: Reported, context: ReportContext): InboxItem {
  const { limits, defaultEnvironment, receivedMs } = context;
  const { id, status, startsAtMs, endsAtMs, tellsChanges = false, severity, source } = reported;
  const { endsByIdWithin } = reported;
  const name = (text: string | null | undefined): string => cleanText(text ?? '', limits.maxNameChars);
  const component = name(reported.component);
  const resourceId = name(reported.resourceId);
  const alert: AlertEvent = {
    kind: 'alert',
    id: idOf(id),
    status,
    scope: {
      environment: name(reported.environment) || defaultEnvironment,
      service: name(reported.service),
      ...(component === '' ? {} : { component }),
      ...(resourceId === '' ? {} : { resourceId }),
    },
    atMs: instantOf(reported, context),
    severity,
    title: cleanText(reported.title, limits.maxTitleChars) || 'an alert without a title',
    source,
    attributes: reported.common ?? {},
    ...(reported.labels === undefined ? {} : { labels: reported.labels }),
  };
  const isOver = status === 'resolved';
  const about = { startsAtMs, endsAtMs: isOver ? endsAtMs : null, tellsChanges, once: false, place: null };
  const byId = isOver && endsByIdWithin !== undefined ? ({ asItFired: true } as const) : {};
  return reportItem(alert, receivedMs, { ...about, ...byId }, endsByIdWithin);
}

/** Ids are asked for in paths and commands: what is long or not plain gets a name made from it. */
function idOf(id: string): string {
  return /^[\x21-\x7e]{1,100}$/.test(id) ? id : createHash('sha256').update(id).digest('hex').slice(0, 32);
}

function instantOf({ status, startsAtMs, endsAtMs }: Reported, context: ReportContext): number {
  const { receivedMs } = context;
  const begunMs = startsAtMs ?? receivedMs;
  return boundedInstant(status === 'firing' ? begunMs : Math.max(begunMs, endsAtMs ?? receivedMs), context);
}

/** Senders write instants in many ways; one that cannot be read is as if it were not there. */
export function instantIn(given: string | null | undefined): number | null {
  const atMs = Date.parse(given ?? '');
  return Number.isNaN(atMs) ? null : atMs;
}

/** Not after now, and not longer ago than events are taken. */
export function boundedInstant(
  atMs: number,
  { limits, receivedMs }: Pick<ReportContext, 'limits' | 'receivedMs'>,
): number {
  return Math.min(receivedMs, Math.max(atMs, receivedMs - limits.maxEventPastMs));
}
