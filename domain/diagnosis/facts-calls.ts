// Findings from calls, as sentences with their figures.

import type { Rise } from './call-stats.ts';
import type { Context } from './context.ts';
import type { Outbound, ServiceFeatures } from './features.ts';
import { milliseconds, percent, perSecond, seconds, shown } from './names.ts';
import type { SilenceSign } from './signs-silence.ts';

export function ownErrorsFact(context: Context, { service, server }: ServiceFeatures): string {
  const { before, now } = server?.ownErrors ?? { before: 0, now: 0 };
  const finding = `${percent(now)} of requests to ${shown(service)} fail in ${shown(service)} itself, ${percent(before)} before.`;
  return traces(context, service, finding, { before, now });
}

export function selfTimeFact(context: Context, { service, server }: ServiceFeatures): string {
  const { before, now } = server?.selfTime ?? { before: 0, now: 0 };
  const finding = `${shown(service)} itself takes ${milliseconds(now)} per request, ${milliseconds(before)} before, not counting what it waits for.`;
  return traces(context, service, finding, { beforeMs: before, nowMs: now });
}

/** Of all services together; told of the one that it speaks for. */
export function allSlowerFact(context: Context, { service }: ServiceFeatures, slower: number): string {
  const finding = `${slower} services are slower themselves at once: what they share may be slow.`;
  return traces(context, service, finding, { slower });
}

export function noOwnTroubleFact(context: Context, { service }: ServiceFeatures): string {
  return traces(context, service, `${shown(service)} shows neither errors nor slowness of its own.`, {});
}

export function inboundFact(context: Context, { service, inbound }: ServiceFeatures): string {
  const errors: Rise = inbound?.errors ?? none;
  const latency: Rise = inbound?.latency ?? none;
  const finding = `Calls to ${shown(service)} as its callers see them: ${percent(errors.now)} fail (${percent(errors.before)} before), ${milliseconds(latency.now)} (${milliseconds(latency.before)} before).`;
  return traces(context, service, finding, {
    errorsBefore: errors.before,
    errorsNow: errors.now,
    latencyNowMs: latency.now,
  });
}

const none: Rise = { before: 0, now: 0, up: false, recently: false, gone: false };

export function silenceFact(context: Context, { service }: ServiceFeatures, silence: SilenceSign): string {
  const { sinceMs, instance } = silence;
  const who = instance === null ? shown(service) : `Instance ${shown(instance)} of ${shown(service)}`;
  const finding = `${who} has reported no served request for ${seconds(context.features.windows.dataEndMs - sinceMs)}.`;
  return traces(context, service, finding, {}, instance);
}

export function edgeFact(context: Context, { service }: ServiceFeatures, { peer, stats }: Outbound): string {
  const { latency, errors } = stats;
  const finding = `Calls from ${shown(service)} to ${shown(peer)}: ${milliseconds(latency.now)} (${milliseconds(latency.before)} before), ${percent(errors.now)} fail (${percent(errors.before)} before).`;
  return traces(context, service, finding, {
    beforeMs: latency.before,
    nowMs: latency.now,
    errors: errors.now,
  });
}

export function trafficFact(context: Context, { service, traffic }: ServiceFeatures): string {
  const { beforePerSecond, nowPerSecond, factor } = traffic;
  const finding = `${shown(service)} gets ${perSecond(nowPerSecond)} requests, ${perSecond(beforePerSecond)} before.`;
  return traces(context, service, finding, { before: beforePerSecond, now: nowPerSecond, factor });
}

export function explainedFact(context: Context, { service }: ServiceFeatures, by: string): string {
  const finding = `${shown(by)}, which ${shown(service)} calls, was in trouble no later than ${shown(service)}.`;
  return traces(context, service, finding, {});
}

export function backToNormalFact(context: Context, { service, server, inbound }: ServiceFeatures): string {
  const errors = (server ?? inbound)?.recent.errors ?? 0;
  const requests = (server ?? inbound)?.recent.requests ?? 0;
  const finding = `${shown(service)} is back to normal: ${errors} errors in its last ${requests} requests.`;
  return traces(context, service, finding, { errors, requests });
}

function traces(
  context: Context,
  service: string,
  finding: string,
  figures: Record<string, number>,
  instance: string | null = null,
): string {
  const { fromMs, toMs } = context.features.windows.during;
  return context.book.note({ source: 'traces', service, instance, fromMs, toMs, finding, figures });
}
