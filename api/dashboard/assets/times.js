// Relative times go on: every `<time data-relative>` says how long ago, or until when.

import { relativeText } from './text.js';

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
