// What a page does beyond being read: it keeps itself up to date, its times run, and its charts are drawn.

import { startLive } from './live.js';
import { startTimes } from './times.js';

startTimes();
startLive();
// The library is as large as everything else together: only pages that have charts, or may get one, load it.
if (document.querySelector('series-chart, .incident') !== null) {
  const { defineCharts } = await import('./chart.js');
  defineCharts();
}
