// What a page does beyond being read: it keeps itself up to date, its times run, and its charts are drawn.

import { defineCharts } from './chart.js';
import { startLive } from './live.js';
import { startTimes } from './times.js';

defineCharts();
startTimes();
startLive();
