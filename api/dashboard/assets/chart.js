// Draws a series with uPlot: its points, the band it was expected in, and the moments that matter, named at the top.

import { valueText } from './text.js';
import UPlot from './uplot.mjs';

/**
 * @typedef {import('./text.js').Unit} Unit
 * @typedef {{ at: number, kind: string, label: string }} Mark
 * @typedef {{ name: string, unit: Unit, from: number, to: number, at: number[], values: number[],
 *   band: { low: number, middle: number, high: number } | null, marks: Mark[] }} Chart
 */

const markColours = /** @type {Record<string, string>} */ ({
  onset: '--red',
  detected: '--muted',
  action: '--blue',
  undo: '--amber',
  verified: '--green',
  failed: '--red',
  closed: '--muted',
});
const rowHeight = 16;
const mostRows = 6;
const rightMargin = 28;

export function defineCharts() {
  customElements.define('series-chart', SeriesChart);
}

class SeriesChart extends HTMLElement {
  static observedAttributes = ['data-chart'];
  /** @type {UPlot | null} */
  plot = null;
  resize = new ResizeObserver(() => this.fit());

  connectedCallback() {
    this.resize.observe(this);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    this.draw();
  }
  disconnectedCallback() {
    this.resize.disconnect();
  }
  attributeChangedCallback() {
    if (this.isConnected) this.draw();
  }
  fit() {
    const width = Math.floor(this.clientWidth);
    if (this.plot !== null && width > 0 && this.plot.width !== width) {
      this.plot.setSize({ width, height: this.plot.height });
    }
  }
  draw() {
    const text = this.dataset.chart;
    if (text === undefined) return;
    /** @type {Chart} */
    const chart = JSON.parse(text);
    this.plot?.destroy();
    const height = Math.max(176, Number.parseFloat(getComputedStyle(this).minHeight) || 240);
    const options = optionsOf(chart, Math.floor(this.clientWidth) || 600, height, colourOf(this));
    this.plot = new UPlot(options, [chart.at, chart.values], this);
  }
}

/**
 * @param {Chart} chart
 * @param {number} width
 * @param {number} height
 * @param {(name: string) => string} colour
 * @returns {UPlot.Options}
 */
function optionsOf(chart, width, height, colour) {
  const labels = placeLabels(chart, width);
  const top = Math.max(8, labels.count * rowHeight + 4);
  /** @param {number} value */
  const show = (value) => valueText(value, chart.unit);
  const axis = {
    stroke: colour('--muted'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
  };
  return {
    width,
    height: height + top,
    padding: [top, rightMargin, 0, 0],
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    scales: {
      x: { range: () => [chart.from, chart.to] },
      y: { range: (_, low, high) => yRange(chart, low, high) },
    },
    axes: [
      { ...axis, space: 84, values: (_, seconds) => seconds.map(clockText) },
      { ...axis, size: 64, values: (_, values) => values.map(show) },
    ],
    series: [
      {},
      {
        stroke: colour('--accent'),
        width: 1.75,
        points: { show: chart.at.length < 40, size: 4 },
        spanGaps: false,
      },
    ],
    hooks: {
      drawClear: [(plot) => drawBand(plot, chart, colour)],
      draw: [(plot) => drawMarks(plot, chart, labels.places, colour)],
      setCursor: [(plot) => showValue(plot, chart, show)],
    },
  };
}

/**
 * @param {Chart} chart
 * @param {number} low
 * @param {number} high
 * @returns {[number, number]}
 */
function yRange(chart, low, high) {
  const lowest = Math.min(low ?? 0, chart.band?.low ?? low ?? 0);
  const highest = Math.max(high ?? 0, chart.band?.high ?? high ?? 0);
  // A line at nought stands at the bottom of a scale on which a little would be seen.
  if (lowest === 0 && highest === 0) return [0, chart.unit === 'ratio' ? 0.05 : 1];
  const room = (highest - lowest || Math.abs(highest)) * 0.08;
  const bottom = lowest >= 0 && lowest < highest * 0.6 ? 0 : lowest - room;
  const ceiling = chart.unit === 'ratio' && highest <= 1 ? 1.02 : Number.POSITIVE_INFINITY;
  return [bottom, Math.min(highest + room, ceiling)];
}

/**
 * @param {UPlot} plot
 * @param {Chart} chart
 * @param {(name: string) => string} colour
 */
function drawBand(plot, { band }, colour) {
  if (band === null) return;
  const { ctx, bbox } = plot;
  const top = plot.valToPos(band.high, 'y', true);
  const bottom = plot.valToPos(band.low, 'y', true);
  const middle = plot.valToPos(band.middle, 'y', true);
  ctx.save();
  ctx.globalAlpha = 0.16;
  ctx.fillStyle = colour('--green');
  ctx.fillRect(bbox.left, top, bbox.width, Math.max(2, bottom - top));
  ctx.globalAlpha = 0.7;
  ctx.strokeStyle = colour('--green');
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, middle);
  ctx.lineTo(bbox.left + bbox.width, middle);
  ctx.stroke();
  ctx.restore();
}

/**
 * @param {UPlot} plot
 * @param {Chart} chart
 * @param {{ row: number, toLeft: boolean }[]} places
 * @param {(name: string) => string} colour
 */
function drawMarks(plot, { marks }, places, colour) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `600 ${11.5 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = 'bottom';
  ctx.lineWidth = 1.5 * ratio;
  marks.forEach(({ at, kind, label }, index) => {
    const x = Math.round(plot.valToPos(at, 'x', true));
    const { row = 0, toLeft = false } = places[index] ?? {};
    const y = bbox.top - row * rowHeight * ratio;
    ctx.strokeStyle = colour(markColours[kind] ?? '--muted');
    ctx.fillStyle = ctx.strokeStyle;
    ctx.setLineDash(kind === 'detected' || kind === 'closed' ? [2 * ratio, 3 * ratio] : []);
    ctx.beginPath();
    ctx.moveTo(x, y - 2 * ratio);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.textAlign = toLeft ? 'right' : 'left';
    ctx.fillText(label, x + (toLeft ? -4 : 4) * ratio, y);
  });
  ctx.restore();
}

/**
 * Which row each label stands in, so that no two cover each other, and whether it stands left of its line.
 * @param {Chart} chart
 * @param {number} width
 */
function placeLabels({ marks, from, to }, width) {
  const [left, right] = [64, width - rightMargin];
  /** @type {{ start: number, end: number }[][]} */
  const rows = [];
  const places = marks.map(({ at, label }) => {
    const x = left + ((at - from) / Math.max(1, to - from)) * (right - left);
    const length = label.length * 6.8 + 10;
    const toLeft = x + length > width;
    const [start, end] = toLeft ? [x - length, x] : [x, x + length];
    const isFree = (/** @type {{ start: number, end: number }[]} */ taken) =>
      taken.every((other) => other.end < start || other.start > end);
    const free = rows.findIndex(isFree);
    const row = free >= 0 ? free : rows.length < mostRows ? rows.push([]) - 1 : mostRows - 1;
    rows[row]?.push({ start, end });
    return { row, toLeft };
  });
  return { places, count: rows.length };
}

/**
 * @param {UPlot} plot
 * @param {Chart} chart
 * @param {(value: number) => string} show
 */
function showValue(plot, chart, show) {
  const caption = plot.root.closest('figure')?.querySelector('figcaption');
  if (!(caption instanceof HTMLElement)) return;
  caption.dataset.summary ??= caption.textContent ?? '';
  const { idx } = plot.cursor;
  const value = idx == null ? undefined : chart.values[idx];
  caption.textContent =
    idx == null || value === undefined
      ? caption.dataset.summary
      : `${clockText(chart.at[idx] ?? 0)}: ${show(value)}`;
}

/** A colour of the stylesheet as the scheme has it now: canvases do not know `light-dark()`. @param {Element} element */
function colourOf(element) {
  const probe = document.createElement('span');
  element.append(probe);
  const known = new Map();
  return (/** @type {string} */ name) => {
    if (!known.has(name)) {
      if (!probe.isConnected) element.append(probe);
      probe.style.color = `var(${name})`;
      known.set(name, getComputedStyle(probe).color);
      probe.remove();
    }
    return known.get(name);
  };
}

/** @param {number} seconds */
function clockText(seconds) {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}
