// Moments, stretches of time and figures as people read them. All times are UTC: they stand beside logs and traces.

import { html } from 'hono/html';
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

/** One word for how long ago, or until when. assets/times.js keeps it up to date with the same rules. */
export function relativeText(atMs: number, nowMs: number): string {
  const distance = Math.abs(nowMs - atMs);
  const seconds = Math.round(distance / 1000);
  const [count, unit] =
    seconds < 60
      ? [seconds, 's']
      : seconds < 3600
        ? [Math.floor(seconds / 60), 'min']
        : seconds < 172_800
          ? [Math.floor(seconds / 3600), 'h']
          : [Math.floor(seconds / 86_400), 'd'];
  return nowMs >= atMs ? (seconds < 2 ? 'now' : `${count} ${unit} ago`) : `in ${count} ${unit}`;
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

export type Unit = 'ratio' | 'ms' | 'per-second' | 'bytes' | 'plain';

/** A figure of a series with its unit. */
export function valueText(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return '–';
  switch (unit) {
    case 'ratio':
      return `${short(value * 100)} %`;
    case 'ms':
      return value >= 1000 ? `${short(value / 1000)} s` : `${short(value)} ms`;
    case 'per-second':
      return `${short(value)}/s`;
    case 'bytes':
      return bytesText(value);
    case 'plain':
      return short(value);
  }
}

function bytesText(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(
    units.length - 1,
    Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(value))) / 3)),
  );
  return `${short(value / 1000 ** power)} ${units[power]}`;
}

/** At most three significant digits, and whole numbers from a hundred on. */
function short(value: number): string {
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}
