// Keeps the page up to date: an event of the server says that something happened, the page is asked for again, and the parts
// of it that are marked `data-live` are made like the new ones. Without the stream it asks every few seconds.

import { morph } from './morph.js';

/** Several events at once are one look. */
const gatherMs = 250;
/** The chart of an open incident and the infrastructure on the overview move without any event. */
const openEveryMs = 5_000;
const quietEveryMs = 30_000;
/** Also how soon a page notices that its session ended. */
const sessionEveryMs = 3_000;
const lostAfterFailures = 3;

/** Marks requests that nobody asked for: they do not keep a session alive. */
const headers = { 'x-sentinel-refresh': '1' };
/** Where our pages are: `/`, or the path that a proxy shows them below. */
const base = document.documentElement.dataset.base ?? '/';

export function startLive() {
  const root = document.querySelector('[data-stream]');
  setInterval(checkSession, sessionEveryMs);
  if (!(root instanceof HTMLElement) || root.dataset.open !== 'true') return;
  const page = createPage();
  listen(root.dataset.stream ?? '', page);
}

/** @typedef {{ refresh(): void, state(state: 'live' | 'polling' | 'lost'): void }} Page */

/** @returns {Page} */
function createPage() {
  let timer = 0;
  let busy = false;
  let again = false;
  let failures = 0;
  const connection = document.querySelector('#connection');
  /** @type {Page} */
  const page = {
    refresh() {
      again = true;
      if (timer === 0 && !busy) timer = setTimeout(run, gatherMs);
    },
    state(state) {
      if (!(connection instanceof HTMLElement)) return;
      const words = { live: 'Live', polling: 'Every 5 s', lost: 'Connection lost' };
      connection.hidden = false;
      connection.dataset.state = state;
      if (connection.textContent !== words[state]) connection.textContent = words[state];
    },
  };
  async function run() {
    timer = 0;
    busy = true;
    again = false;
    try {
      await load();
      if (failures >= lostAfterFailures) page.state('polling');
      failures = 0;
    } catch {
      failures += 1;
      if (failures >= lostAfterFailures) page.state('lost');
    }
    busy = false;
    if (again) page.refresh();
  }
  const moves = document.querySelector('.incident, .overview') !== null;
  setInterval(
    () => {
      if (!document.hidden) page.refresh();
    },
    moves ? openEveryMs : quietEveryMs,
  );
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) page.refresh();
  });
  return page;
}

/**
 * @param {string} stream
 * @param {Page} page
 */
function listen(stream, page) {
  const source = new EventSource(stream);
  const happened = () => page.refresh();
  for (const name of ['message', 'incident-event', 'timeline-event', 'resync']) {
    source.addEventListener(name, happened);
  }
  source.addEventListener('revoked', toLogin);
  source.addEventListener('open', () => {
    page.state('live');
    page.refresh();
  });
  source.addEventListener('error', () => {
    // CLOSED: this server has no such stream, or refused it; the browser does not come back by itself.
    page.state('polling');
    if (source.readyState === EventSource.CLOSED) setInterval(happened, openEveryMs);
  });
}

async function load() {
  const answer = await fetch(location.href, { headers, redirect: 'manual' });
  if (answer.status === 401) return toLogin();
  if (!answer.ok) throw new Error(`the page answered ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(part.id);
    if (next !== null) morph(part, next);
  }
  announce(fresh);
}

/** Says the newest sentence of the timeline, or the headline, to those who listen instead of looking. */
function announce(/** @type {Document} */ fresh) {
  const place = document.querySelector('#announce');
  const newest = fresh.querySelector('.timeline > li > span') ?? fresh.querySelector('#headline h1');
  const text = newest?.textContent?.trim().slice(0, 300) ?? '';
  if (place === null || place.getAttribute('data-said') === text) return;
  // What was there when the page was opened is not news.
  if (place.hasAttribute('data-said')) place.textContent = text;
  place.setAttribute('data-said', text);
}

async function checkSession() {
  if (document.hidden) return;
  const answer = await fetch(`${base}session`, { headers }).catch(() => null);
  if (answer?.status === 401) toLogin();
}

function toLogin() {
  const here = `/${location.pathname.slice(base.length)}${location.search}`;
  location.assign(`${base}login?${new URLSearchParams({ next: here })}`);
}
