// Moments and stretches of time as people read them. All times are UTC: they stand beside logs and traces.

import { html } from 'hono/html';
import { relativeText } from './assets/text.js';
import type { Html } from './view.ts';

/** `12 s`, `4 min`, `3 h 20 min`, `2 d 4 h`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10 && seconds % 60 > 0) return `${minutes} min ${seconds % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** `2026-11-22 04:05:06`. */
export function dateText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** `04:05:06`; with the date when it is another day than `nowMs`. */
export function clockText(atMs: number, nowMs: number): string {
  const text = dateText(atMs);
  return text.slice(0, 10) === dateText(nowMs).slice(0, 10) ? text.slice(11) : text;
}

export function relativeTime(atMs: number, nowMs: number): Html {
  return html`<time datetime="${new Date(atMs).toISOString()}" data-relative title="${dateText(atMs)} UTC">${relativeText(atMs, nowMs)}</time>`;
}

export function clockTime(atMs: number, nowMs: number): Html {
  return html`<time datetime="${new Date(atMs).toISOString()}" title="${dateText(atMs)} UTC">${clockText(atMs, nowMs)}</time>`;
}
