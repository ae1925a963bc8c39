// The report of a backtest: one page without references to others, so that it can be sent around.

import { readFileSync } from 'node:fs';
import { html, raw } from 'hono/html';
import { plural } from '../../api/dashboard/words.ts';
import { type Reason, reasonWords } from '../../domain/detection/scoring/reasons.ts';
import { version } from '../version.ts';
import { chartScript, pageStyle } from './report-assets.ts';
import type { JudgedSeries, UnreadInput } from './results.ts';

const uplot = import.meta.resolve('uplot');
const fileOfUplot = (name: string) => readFileSync(new URL(`./${name}`, uplot), 'utf8');

export function reportPage(series: readonly JudgedSeries[], unread: readonly UnreadInput[]): string {
  const rows = series.reduce((sum, one) => sum + one.rows, 0);
  const alarms = series.reduce((sum, one) => sum + one.alarmRows, 0);
  const byAlarms = series.toSorted((a, b) => b.alarmRows - a.alarmRows);
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Backtest</title>
<style>${raw(fileOfUplot('uPlot.min.css'))}${raw(pageStyle)}</style>
</head>
<body>
<h1>Backtest</h1>
<p>${plural(rows, 'row')} in ${series.length} series, ${plural(alarms, 'alarm')}. Sentinel ${version}.</p>
${unread.length === 0 ? '' : html`<h2>Not read</h2><ul>${unread.map(({ name, reason }) => html`<li><b>${name}</b>: ${reason}</li>`)}</ul>`}
<table>
<thead><tr><th>Series</th><th>Rows</th><th>Alarms</th></tr></thead>
<tbody>${byAlarms.map((one) => html`<tr><td><a href="#${idOf(series, one)}">${one.name}</a></td><td>${one.rows}</td><td>${one.alarmRows}</td></tr>`)}</tbody>
</table>
${series.map((one) => section(one, idOf(series, one)))}
<script>${raw(fileOfUplot('uPlot.iife.min.js'))}</script>
<script>${raw(chartScript)}</script>
</body>
</html>
`);
}

const idOf = (series: readonly JudgedSeries[], one: JudgedSeries): string => `series-${series.indexOf(one)}`;

function section({ name, rows, alarms, alarmRows, stretches }: JudgedSeries, id: string) {
  const data = {
    at: stretches.map(({ atMs }) => atMs / 1_000),
    low: stretches.map(({ low }) => low),
    high: stretches.map(({ high }) => high),
    score: stretches.map(({ score }) => score),
    alarms: alarms.map(({ atMs }) => atMs / 1_000),
  };
  return html`<section id="${id}">
<h2>${name}</h2>
<p>${plural(rows, 'row')}, ${plural(alarmRows, 'alarm')}.</p>
<div class="chart" data-chart="${JSON.stringify(data)}" role="img" aria-label="Values and scores of ${name}"></div>
${
  alarms.length === 0
    ? ''
    : html`<details><summary>Alarms</summary><table>
<thead><tr><th>Time</th><th>Value</th><th>Score</th><th>Why</th></tr></thead>
<tbody>${alarms.map((alarm) => html`<tr><td>${alarm.at}</td><td>${alarm.value}</td><td>${alarm.score.toFixed(2)}</td><td>${why(alarm.reasons)}</td></tr>`)}</tbody>
</table>${alarms.length < alarmRows ? html`<p>The first ${alarms.length} of them.</p>` : ''}</details>`
}
</section>`;
}

const why = (reasons: readonly Reason[]): string => reasons.map((reason) => reasonWords[reason]).join('; ');
