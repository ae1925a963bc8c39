// Relative times go on: every `<time data-relative>` says how long ago, by the rules of format.ts.

/** @param {number} atMs @param {number} nowMs */
function relativeText(atMs, nowMs) {
  const seconds = Math.round(Math.abs(nowMs - atMs) / 1000);
  const [count, unit] =
    seconds < 60
      ? [seconds, 's']
      : seconds < 3600
        ? [Math.floor(seconds / 60), 'min']
        : seconds < 172_800
          ? [Math.floor(seconds / 3600), 'h']
          : [Math.floor(seconds / 86_400), 'd'];
  if (nowMs < atMs) return `in ${count} ${unit}`;
  return seconds < 2 ? 'now' : `${count} ${unit} ago`;
}

function update() {
  const nowMs = Date.now();
  for (const element of document.querySelectorAll('time[data-relative]')) {
    const text = relativeText(Date.parse(element.getAttribute('datetime') ?? ''), nowMs);
    if (element.textContent !== text) element.textContent = text;
  }
}

export function startTimes() {
  update();
  setInterval(update, 1000);
}
