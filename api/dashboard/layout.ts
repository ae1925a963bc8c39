// The frame of every page: where one is, what waits, whether anything is stopped, and who is logged in.

import { html } from 'hono/html';
import { type Html, may, mayRelease, type View } from './view.ts';

export type PageFrame = {
  readonly title: string;
  readonly section:
    | 'overview'
    | 'incidents'
    | 'approvals'
    | 'series'
    | 'targets'
    | 'actions'
    | 'silences'
    | 'audit'
    | null;
  readonly body: Html;
};

const sections = [
  { id: 'overview', href: '/', word: 'Overview' },
  { id: 'incidents', href: '/incidents', word: 'Incidents' },
  { id: 'approvals', href: '/approvals', word: 'Approvals' },
  { id: 'series', href: '/series', word: 'Series' },
  { id: 'targets', href: '/targets', word: 'Targets' },
  { id: 'actions', href: '/actions', word: 'Actions' },
  { id: 'silences', href: '/silences', word: 'Silences' },
  { id: 'audit', href: '/audit', word: 'Audit' },
] as const;

export function page(view: View, { title, section, body }: PageFrame): Html {
  return documentOf({
    title,
    theme: view.theme,
    style: view.asset('style.css'),
    script: view.asset('main.js'),
    icon: view.asset('icon.svg'),
    body: html`
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
  <a class="brand" href="/"><img src="${view.asset('icon.svg')}" alt="" width="22" height="22"> Sentinel</a>
  <nav aria-label="Sections" id="sections" data-live>
    ${sections
      .filter(({ id }) => id !== 'audit' || may(view, 'operator'))
      .map(
        ({ id, href, word }) =>
          html`<a href="${href}" ${id === section ? html`aria-current="page"` : ''}>${word}${id === 'approvals' && view.pending.length > 0 ? html` <span class="count" title="waiting">${view.pending.length}<span class="hidden"> waiting</span></span>` : ''}</a>`,
      )}
  </nav>
  <div class="who">
    <span id="connection" class="connection" data-state="off" hidden></span>
    ${themeSwitch(view)}
    <span class="person" title="API key ${view.principal.keyId}"><b>${view.principal.name}</b> <span class="muted">${view.principal.role}</span></span>
    <form method="post" action="/logout">${csrfField(view)}<button class="plain">Log out</button></form>
  </div>
</header>
<div id="stopped" data-live>${stoppedBanner(view)}${breakerBanner(view)}</div>
<main id="main" tabindex="-1">
  ${view.notice === null ? '' : html`<p class="notice" role="status">${view.notice}</p>`}
  ${body}
</main>
<footer><span>All times are UTC.</span> <span><a href="/docs">API</a></span></footer>
<div id="announce" class="hidden" role="status" aria-live="polite"></div>`,
  });
}

export function csrfField(view: Pick<View, 'csrf'>): Html {
  return html`<input type="hidden" name="csrf" value="${view.csrf}">`;
}

/** A document; `body` is everything between its tags. */
export function documentOf(parts: {
  readonly title: string;
  readonly theme: View['theme'];
  readonly style: string;
  readonly script: string | null;
  readonly icon: string;
  readonly body: Html;
  readonly refreshNow?: boolean;
}): Html {
  const { title, theme, style, script, icon, body } = parts;
  return html`<!doctype html>
<html lang="en" data-base="/" ${theme === null ? '' : html`data-theme="${theme}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${parts.refreshNow === true ? html`<meta http-equiv="refresh" content="0">` : ''}
<title>${title} · Sentinel</title>
<link rel="icon" href="${icon}" type="image/svg+xml">
<link rel="stylesheet" href="${style}">
${script === null ? '' : html`<script type="module" src="${script}"></script>`}
</head>
<body>${body}</body>
</html>`;
}

function stoppedBanner(view: View): Html | '' {
  const engaged = view.switches.filter((one) => one.engaged);
  const stopped = engaged.map(({ environment }) => environment);
  if (stopped.length === 0) return '';
  const way = engaged.some((one) => mayRelease(view, one)) ? 'Release it' : 'Who engaged it, and why';
  const where = stopped.includes('*') ? 'everywhere' : `in ${stopped.join(', ')}`;
  return html`<p class="stopped" role="alert"><b>Kill switch engaged ${where}.</b> Detection continues; no actions run. <a href="/#kill-switch">${way}</a></p>`;
}

function breakerBanner({ breakers }: View): Html | '' {
  const [first, ...others] = breakers;
  if (first === undefined) return '';
  const what = first.action === '*' ? 'all actions' : first.action;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return html`<p class="stopped" role="alert"><b>Breaker open for ${what} in ${first.environment}${more}.</b> ${first.reason}. <a href="/actions#breakers">Look, and reset it</a></p>`;
}

function themeSwitch(view: View): Html {
  const next = view.theme === null ? 'dark' : view.theme === 'dark' ? 'light' : 'auto';
  const word = view.theme === null ? 'Auto' : view.theme === 'dark' ? 'Dark' : 'Light';
  return html`<form method="post" action="/theme">${csrfField(view)}<input type="hidden" name="next" value="${view.here}"><button class="plain" name="theme" value="${next}" title="Colours: ${word}. Switch to ${next}."><span class="hidden">Colours: </span>${word}</button></form>`;
}
