// Findings from metrics, logs, changes and the executor, as sentences with their figures.

import type { SuspectChange } from './changes.ts';
import type { Context } from './context.ts';
import type { Fact } from './evidence.ts';
import type { ServiceFeatures } from './features.ts';
import { percent, perSecond, seconds, share, shown } from './names.ts';
import type { CpuSign, ExhaustionSign, PoolSign } from './signs-resources.ts';

export function cpuFact(context: Context, { service }: ServiceFeatures, sign: CpuSign): string {
  const where = share(sign.instances.length, sign.of);
  const finding = `CPU of ${shown(service)} is at ${percent(sign.now)} in ${where}, ${percent(sign.before)} before.`;
  return note(context, service, 'metrics', finding, { before: sign.before, now: sign.now });
}

export function idleFact(context: Context, { service }: ServiceFeatures): string {
  return note(context, service, 'metrics', `${shown(service)} runs but uses almost no CPU.`);
}

export function memoryFact(context: Context, { service }: ServiceFeatures, sign: ExhaustionSign): string {
  return exhaustionFact(context, service, 'Memory', sign);
}

export function diskFact(context: Context, { service }: ServiceFeatures, sign: ExhaustionSign): string {
  return exhaustionFact(context, service, 'Disk space', sign);
}

function exhaustionFact(context: Context, service: string, what: string, sign: ExhaustionSign): string {
  const level = Number.isFinite(sign.share) ? ` is at ${percent(sign.share)} of its limit` : '';
  const climb =
    sign.trend === null
      ? ''
      : `${level === '' ? '' : ' and'} climbs steadily, by ${percent(sign.trend.rise / Math.max(1e-9, sign.trend.first))} in ${seconds(sign.trend.spanMs)}`;
  const end =
    sign.limitInMs === null || sign.limitInMs === 0 ? '' : `; the limit is ${seconds(sign.limitInMs)} away`;
  const finding = `${what} of ${shown(service)}${level}${climb}${end}.`;
  const figures = { share: sign.share, risePerSecond: sign.trend?.risePerSecond ?? Number.NaN };
  return note(context, service, 'metrics', finding, figures, sign.instance);
}

export function poolFact(
  context: Context,
  { service }: ServiceFeatures,
  { used, max, pending }: PoolSign,
): string {
  const finding = `${used} of ${max} pooled connections of ${shown(service)} are in use, and ${Math.round(pending)} requests are waiting for one.`;
  return note(context, service, 'metrics', finding, { used, max, pending });
}

export function downFact(context: Context, { service, replicas, target }: ServiceFeatures): string {
  const { running, desired } = replicas;
  const finding = `${running ?? 0} of ${desired ?? '?'} replicas of ${shown(service)} are running.`;
  const source = target === null ? 'metrics' : 'executor';
  return note(context, service, source, finding, {
    running: running ?? Number.NaN,
    desired: desired ?? Number.NaN,
  });
}

export function restartsFact(context: Context, { service, replicas }: ServiceFeatures): string {
  const finding = `${shown(service)} was restarted ${replicas.restarts} times since the onset.`;
  return note(context, service, 'metrics', finding, { restarts: replicas.restarts });
}

export function changeFact(context: Context, { change, gapMs }: SuspectChange): string {
  const what = change.type === 'config' ? 'configuration' : change.type;
  const when = gapMs > 0 ? `${seconds(gapMs)} before` : 'at the time';
  const finding = `${shown(change.service)} got a new ${shown(what)} ${when} its trouble began.`;
  return context.book.note({
    source: 'changes',
    provenance: 'reported',
    service: change.service,
    fromMs: change.atMs,
    toMs: change.atMs,
    finding,
    figures: { gapSeconds: gapMs / 1000 },
  });
}

export function noChangeFact(context: Context, { service, changes }: ServiceFeatures): string {
  const own = changes.some(({ ownIntent }) => ownIntent !== undefined) ? " but Sentinel's own" : '';
  return note(context, service, 'changes', `No known change to ${shown(service)} shortly before${own}.`);
}

export function logsFact(context: Context, { service, logs }: ServiceFeatures): string {
  const finding = `${shown(service)} logs ${perSecond(logs.nowPerSecond)} lines, ${perSecond(logs.beforePerSecond)} before.`;
  return note(context, service, 'logs', finding, { before: logs.beforePerSecond, now: logs.nowPerSecond });
}

export function aliveFact(context: Context, { service }: ServiceFeatures): string {
  return note(
    context,
    service,
    'metrics',
    `The processes of ${shown(service)} are running, according to their host.`,
  );
}

function note(
  context: Context,
  service: string,
  source: Fact['source'],
  finding: string,
  figures: Record<string, number> = {},
  instance: string | null = null,
): string {
  const { fromMs, toMs } = context.features.windows.during;
  return context.book.note({ source, service, instance, fromMs, toMs, finding, figures });
}
