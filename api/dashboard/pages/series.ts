// The series explorer: what history knows of one service in a range of time, or one series at full size. Links from evidence
// lead here, to the data that a finding was made from.

import { html } from 'hono/html';
import { z } from 'zod';
import { callMeasures, parseSeriesKey, type SeriesRef, seriesKey } from '../../../domain/detection/series.ts';
import type { Budget } from '../../../domain/detection/watch/budget-watch.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../../../domain/telemetry.ts';
import type { Budgets } from '../../ports/budgets.ts';
import type { SilencedHere } from '../../ports/silences.ts';
import type { TelemetryHistory } from '../../ports/telemetry.ts';
import { valueText } from '../assets/text.js';
import { type Chart, chartFigure } from '../charts/chart.ts';
import {
  callPoints,
  type Point,
  type Range,
  readPoints,
  seriesName,
  stepFor,
  unitOf,
} from '../charts/points.ts';
import { dateText } from '../format.ts';
import { page } from '../layout.ts';
import { silencedNotice } from '../silenced.ts';
import type { Html, View } from '../view.ts';
import { budgetTable } from './budgets.ts';
import { options } from './incidents.ts';

const kinds = ['calls', 'metrics', 'logs'] as const;
const defaultMs = 15 * 60_000;
const longestMs = 24 * 3_600_000;
const mostCharts = 12;
const mostLines = 60;

const moment = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)
  .optional()
  .catch(undefined);
const text = z.string().trim().max(300).optional().catch(undefined);
export const seriesQuery = z.object({
  key: z.string().max(2000).optional().catch(undefined),
  environment: text,
  service: text,
  kind: z.enum(kinds).optional().catch(undefined),
  minutes: z.enum(['5', '15', '60', '360', '1440']).optional().catch(undefined),
  from: moment,
  to: moment,
});
export type SeriesQuery = z.output<typeof seriesQuery>;

export type SeriesData = {
  readonly query: SeriesQuery;
  readonly range: Range;
  readonly environments: readonly string[];
  readonly services: readonly string[];
  readonly charts: readonly Chart[];
  readonly logs: readonly {
    readonly template: string;
    readonly templateId: string;
    readonly severity: number;
    readonly count: number;
  }[];
  /** Of the service that is shown. */
  readonly budgets: readonly Budget[];
  readonly problem: string | null;
};

export async function loadSeries(
  { history, budgets }: { readonly history: TelemetryHistory | null; readonly budgets: Budgets },
  query: SeriesQuery,
  nowMs: number,
): Promise<SeriesData> {
  const range = rangeOf(query, nowMs);
  const nothing = {
    query,
    range,
    environments: [],
    services: [],
    charts: [],
    logs: [],
    budgets: [],
    problem: null,
  };
  if (history === null)
    return { ...nothing, problem: 'Telemetry history is switched off in the configuration.' };
  try {
    const environments = await history.environments(nowMs - 24 * 3_600_000);
    const ref = query.key === undefined ? null : parseSeriesKey(query.key);
    if (query.key !== undefined && ref === null)
      return { ...nothing, environments, problem: 'This is not the key of a series.' };
    const environment = ref?.environment ?? (query.environment || environments[0] || '');
    const services = await servicesOf(history, environment, range);
    const service = ref?.service ?? (query.service || services[0] || '');
    const about = { ...nothing, environments, services, query: { ...query, environment, service } };
    if (ref !== null)
      return { ...about, charts: [chartOf(ref, range, await readPoints(history, ref, range))] };
    if (service === '') return about;
    const kept = await budgets.budgets(environment, service);
    return {
      ...about,
      budgets: kept,
      ...(await ofService(history, environment, service, query.kind ?? 'calls', range)),
    };
  } catch {
    return {
      ...nothing,
      problem: 'Telemetry history cannot be read now. Detection goes on; try again in a moment.',
    };
  }
}

/** Names heard in the newest minute of the range. */
async function servicesOf(
  history: TelemetryHistory,
  environment: string,
  { toMs }: Range,
): Promise<string[]> {
  if (environment === '') return [];
  const range = { environment, fromMs: toMs - 60_000, toMs };
  const [calls, metrics] = await Promise.all([history.calls(range), history.metrics(range)]);
  return [...new Set([...calls, ...metrics].map(({ service }) => service))].toSorted();
}

async function ofService(
  history: TelemetryHistory,
  environment: string,
  service: string,
  kind: (typeof kinds)[number],
  range: Range,
): Promise<Partial<SeriesData>> {
  const asked = { environment, ...range };
  switch (kind) {
    case 'calls':
      return { charts: callCharts(environment, service, await history.calls(asked, [service]), range) };
    case 'metrics':
      return { charts: metricCharts(environment, await history.metrics(asked, [service]), range) };
    case 'logs':
      return { logs: logLines(await history.logs(asked, [service])) };
  }
}

function callCharts(
  environment: string,
  service: string,
  rows: readonly CallBucket[],
  range: Range,
): readonly Chart[] {
  const sides = Map.groupBy(rows, ({ side, peer }) => `${side}/${peer}`);
  return [...sides.values()]
    .toSorted((left, right) => ((left[0]?.side ?? '') < (right[0]?.side ?? '') ? 1 : -1))
    .flatMap((mine) => {
      const [first] = mine;
      if (first === undefined) return [];
      const { side, peer } = first;
      return callMeasures
        .filter((measure) => measure !== 'latency-p50')
        .map((measure) => {
          const ref = { kind: 'calls', environment, service, side, peer, measure } as const;
          return chartOf(ref, range, callPoints(mine, measure, stepFor(range)));
        });
    })
    .slice(0, mostCharts);
}

function metricCharts(environment: string, rows: readonly MetricBucket[], range: Range): readonly Chart[] {
  const series = Map.groupBy(
    rows,
    ({ instance, metric, attributes }) => `${metric}\n${attributes}\n${instance}`,
  );
  return [...series]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .slice(0, mostCharts)
    .flatMap(([, mine]) => {
      const [first] = mine;
      if (first === undefined) return [];
      const { service, instance, metric, attributes } = first;
      const ref = { kind: 'metric', environment, service, instance, metric, attributes } as const;
      return [
        chartOf(
          ref,
          range,
          mine.map(({ atMs, value }) => ({ atMs, value })),
        ),
      ];
    });
}

function logLines(rows: readonly LogBucket[]): SeriesData['logs'] {
  return [...Map.groupBy(rows, ({ templateId }) => templateId)]
    .flatMap(([templateId, mine]) => {
      const [first] = mine;
      const count = mine.reduce((sum, row) => sum + row.count, 0);
      return first === undefined
        ? []
        : [{ templateId, template: first.template, severity: first.severityNumber, count }];
    })
    .toSorted((left, right) => right.severity - left.severity || right.count - left.count)
    .slice(0, mostLines);
}

function chartOf(ref: SeriesRef, range: Range, points: readonly Point[]): Chart {
  return {
    name: seriesName(ref),
    unit: unitOf(ref),
    range,
    points,
    band: null,
    marks: [],
    key: seriesKey(ref),
  };
}

function rangeOf({ from, to, minutes }: SeriesQuery, nowMs: number): Range {
  const length = minutes === undefined ? defaultMs : Number(minutes) * 60_000;
  const toMs = Math.min(to ?? nowMs, nowMs);
  const fromMs = Math.max(0, from ?? toMs - length, toMs - longestMs);
  return fromMs < toMs ? { fromMs, toMs } : { fromMs: toMs - length, toMs };
}

export function seriesPage(
  { query, range, environments, services, charts, logs, budgets, problem }: SeriesData,
  silenced: SilencedHere | null,
  view: View,
): Html {
  const named = (all: readonly string[], chosen: string | undefined) =>
    [...new Set([...(chosen ? [chosen] : []), ...all])].toSorted().map((one) => [one, one] as const);
  const moments = query.from !== undefined || query.to !== undefined;
  return page(view, {
    title: 'Series',
    section: 'series',
    body: html`<header class="lead"><h1>Series</h1><p class="muted">${dateText(range.fromMs)} to ${dateText(range.toMs)}${moments ? html` · <a href="/series?${new URLSearchParams({ environment: query.environment ?? '', service: query.service ?? '', kind: query.kind ?? 'calls' })}">now</a>` : ''}</p></header>
<form class="filters" method="get" action="/series" role="search">
<div><label for="environment">Environment</label><select id="environment" name="environment">${options(query.environment, named(environments, query.environment))}</select></div>
<div><label for="service">Service</label><select id="service" name="service">${options(query.service, named(services, query.service))}</select></div>
<div><label for="kind">What</label><select id="kind" name="kind">${options(
      query.kind ?? 'calls',
      kinds.map((kind) => [kind, kind] as const),
    )}</select></div>
<div><label for="minutes">Range</label><select id="minutes" name="minutes">${options(query.minutes ?? '15', [
      ['5', '5 min'],
      ['15', '15 min'],
      ['60', '1 h'],
      ['360', '6 h'],
      ['1440', '24 h'],
    ])}</select></div>
<button>Show</button></form>
${silenced === null ? '' : silencedNotice(silenced, view.nowMs)}
${problem === null ? '' : html`<p class="doubt" role="status">${problem}</p>`}
${budgetTable(budgets)}
${query.kind === 'logs' && query.key === undefined ? logTable(logs, query) : chartGrid(charts, problem)}`,
  });
}

function chartGrid(charts: readonly Chart[], problem: string | null): Html {
  if (charts.length === 0)
    return problem === null
      ? html`<p class="empty">Nothing was heard of this service in this range.</p>`
      : html``;
  return html`<div class="${charts.length === 1 ? 'chart-one' : 'chart-grid'}">${charts.map(
    (chart, index) =>
      html`<section class="card"><h2>${charts.length === 1 || chart.key === undefined ? chart.name : html`<a href="/series?${new URLSearchParams({ key: chart.key, from: String(chart.range.fromMs), to: String(chart.range.toMs) })}">${chart.name}</a>`}</h2>${chartFigure(chart, `chart-${index}`)}</section>`,
  )}</div>`;
}

function logTable(logs: SeriesData['logs'], { environment = '', service = '' }: SeriesQuery): Html {
  if (logs.length === 0) return html`<p class="empty">No log records in this range.</p>`;
  return html`<div class="scroll"><table><thead><tr><th scope="col">Severity</th><th scope="col">Template</th><th scope="col" class="figure">Records</th></tr></thead><tbody>${logs.map(
    ({ templateId, template, severity, count }) =>
      html`<tr><td>${severity >= 17 ? html`<span class="bad">error</span>` : severity >= 13 ? 'warning' : 'info'}</td><td><a class="id" href="/series?${new URLSearchParams({ key: seriesKey({ kind: 'log', environment, service, templateId }) })}">${template}</a></td><td class="figure">${valueText(count, 'plain')}</td></tr>`,
  )}</tbody></table></div>`;
}
