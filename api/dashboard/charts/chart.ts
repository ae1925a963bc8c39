// A chart as the server sends it: a summary in words, the moments that are marked in it, and all its figures as a table.
// assets/chart.js draws the picture from the same data; without it nothing is missing but the picture.

import { html } from 'hono/html';
import { type Unit, valueText } from '../assets/text.js';
import { clockText } from '../format.ts';
import type { Html } from '../view.ts';
import type { Band } from './expected.ts';
import type { Point, Range } from './points.ts';

export type Mark = {
  readonly atMs: number;
  readonly kind: 'onset' | 'detected' | 'action' | 'undo' | 'verified' | 'failed' | 'closed';
  readonly label: string;
};

export type Chart = {
  readonly name: string;
  readonly unit: Unit;
  readonly range: Range;
  readonly points: readonly Point[];
  readonly band: Band | null;
  readonly marks: readonly Mark[];
  /** For the explorer. */
  readonly key?: string;
};

const tableRows = 40;

export function chartFigure(chart: Chart, id: string): Html {
  const { name, points, marks, range } = chart;
  if (points.length === 0) return html`<p class="empty">No samples of ${name} in this range.</p>`;
  const day = range.toMs;
  return html`<figure class="chart" id="${id}">
  <figcaption>${figuresText(chart)}</figcaption>
  <series-chart id="${id}-plot" data-chart="${JSON.stringify(chartData(chart))}" role="img" aria-label="${`Chart: ${summaryText(chart)}`}"></series-chart>
  ${marks.length === 0 ? '' : html`<ol class="marks">${marks.map(({ atMs, kind, label }) => html`<li class="${kind}"><time datetime="${new Date(atMs).toISOString()}">${clockText(atMs, day)}</time> ${label}</li>`)}</ol>`}
  <details id="${id}-table"><summary>Show as a table</summary>${pointTable(chart)}</details>
</figure>`;
}

/** Seconds and plain arrays, as uPlot wants them. */
function chartData({ name, unit, range, points, band, marks }: Chart) {
  return {
    name,
    unit,
    from: range.fromMs / 1000,
    to: range.toMs / 1000,
    at: points.map(({ atMs }) => atMs / 1000),
    values: points.map(({ value }) => value),
    band,
    marks: marks.map(({ atMs, kind, label }) => ({ at: atMs / 1000, kind, label })),
  };
}

/** One sentence with the figures: what was expected, the farthest it went, where it is now. */
export function summaryText(chart: Chart): string {
  return `${chart.name}: ${figuresText(chart)}`;
}

function figuresText({ unit, points, band }: Chart): string {
  const newest = points.at(-1);
  if (newest === undefined) return 'no samples';
  const show = (value: number) => valueText(value, unit);
  const expected = band === null ? '' : `expected ${show(band.low)} to ${show(band.high)}; `;
  const middle = band?.middle ?? 0;
  const farthest = points.reduce((best, point) =>
    Math.abs(point.value - middle) > Math.abs(best.value - middle) ? point : best,
  );
  const extreme = `${farthest.value < middle ? 'lowest' : 'highest'} ${show(farthest.value)}`;
  return `${expected}${extreme}, latest ${show(newest.value)}`;
}

function pointTable({ points, unit, range, name }: Chart): Html {
  const every = Math.ceil(points.length / tableRows);
  const shown = points.filter((_, index) => index % every === 0 || index === points.length - 1);
  return html`<div class="scroll"><table><caption class="hidden">${name}</caption><thead><tr><th scope="col">Time (UTC)</th><th scope="col" class="figure">Value</th></tr></thead>
<tbody>${shown.map(({ atMs, value }) => html`<tr><td>${clockText(atMs, range.toMs)}</td><td class="figure">${valueText(value, unit)}</td></tr>`)}</tbody></table></div>`;
}
