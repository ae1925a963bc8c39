// Style and script of the report.

export const pageStyle = `
:root { color-scheme: light dark; --line: #8884; --value: #2563eb; --alarm: #dc2626; --score: #d97706; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); }
td:nth-child(2), td:nth-child(3), th:nth-child(2), th:nth-child(3) { text-align: right; font-variant-numeric: tabular-nums; }
section { margin-top: 2.5rem; }
h2 { overflow-wrap: anywhere; }
.chart { min-height: 19rem; }
`;

/** Two plots one above the other: the values with the alarms in them, and the score with its threshold. */
export const chartScript = `
for (const box of document.querySelectorAll('.chart')) {
  const { at, low, high, score, alarms } = JSON.parse(box.dataset.chart);
  const colour = (name) => getComputedStyle(box).getPropertyValue(name).trim();
  const text = getComputedStyle(box).color;
  const axis = { stroke: text, grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 } };
  const sync = { key: 'chart-' + box.closest('section').id };
  const cursor = { sync };
  const markAlarms = (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = colour('--alarm');
    ctx.beginPath();
    for (const atS of alarms) {
      const x = Math.round(plot.valToPos(atS, 'x', true)) + 0.5;
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
    }
    ctx.stroke();
    ctx.restore();
  };
  const width = box.clientWidth || 900;
  const tzDate = (atS) => uPlot.tzDate(new Date(atS * 1000), 'Etc/UTC');
  const plots = [
    new uPlot({
      width, height: 210, cursor, tzDate, legend: { show: true }, axes: [axis, { ...axis, size: 70 }],
      series: [{ label: 'UTC' }, { label: 'lowest', stroke: colour('--value'), width: 1 }, { label: 'highest', stroke: colour('--value'), width: 1 }],
      bands: [{ series: [2, 1], fill: colour('--value') + '55' }],
      hooks: { draw: [markAlarms] },
    }, [at, low, high], box),
    new uPlot({
      width, height: 110, cursor, tzDate, legend: { show: true }, axes: [axis, { ...axis, size: 70 }],
      scales: { y: { range: [0, 1] } },
      series: [{ label: 'UTC' }, { label: 'score', stroke: colour('--score'), width: 1 }],
    }, [at, score], box),
  ];
  addEventListener('resize', () => { for (const plot of plots) plot.setSize({ width: box.clientWidth, height: plot.height }); });
}
`;
