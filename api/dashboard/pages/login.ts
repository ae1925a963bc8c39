// Pages without a session: the login, the way back in from another site, and what went wrong.

import { html } from 'hono/html';
import { documentOf } from '../layout.ts';
import type { AssetName, Html, Theme } from '../view.ts';

export type Outside = {
  readonly theme: Theme | null;
  readonly asset: (name: AssetName) => string;
};

export function loginPage(
  outside: Outside,
  { next, problem }: { readonly next: string; readonly problem: string | null },
): Html {
  return frame(outside, {
    title: 'Log in',
    script: outside.asset('login.js'),
    body: html`<h1>Log in</h1>
<p>With an API key. <code>npm run sentinel -- key create</code> makes one; the first is in <code>cli.json</code> of the data folder.</p>
${problem === null ? '' : html`<p class="problem" role="alert">${problem}</p>`}
<form method="post" action="/login" id="login"><input type="hidden" name="next" value="${next}">
<label for="key">API key</label><input id="key" name="key" type="password" autocomplete="current-password" required maxlength="300" spellcheck="false" autocapitalize="none" placeholder="sntl_…" ${problem === null ? '' : html`aria-invalid="true"`}>
<button class="primary">Log in</button></form>
<form method="post" action="/login/once" id="once" hidden><input type="hidden" name="secret" value=""><input type="hidden" name="next" value="${next}"></form>`,
  });
}

/**
 * A link on another site arrives without the cookie (SameSite=Strict). This page sends the browser to the same address
 * again, now from a page of ours, and the cookie comes along.
 */
export function arrivalPage(outside: Outside, here: string): Html {
  return frame(outside, {
    title: 'One moment',
    script: null,
    refreshNow: true,
    body: html`<p>One moment … <a href="${here}">Continue</a></p>`,
  });
}

export function problemPage(
  outside: Outside,
  problem: {
    readonly title: string;
    readonly detail: string;
    readonly back: string;
    readonly requestId: string;
  },
): Html {
  return frame(outside, {
    title: problem.title,
    script: null,
    body: html`<h1>${problem.title}</h1><p>${problem.detail}</p><p><a class="button" href="${problem.back}">Back</a></p><p class="muted">Request <span class="id">${problem.requestId}</span></p>`,
  });
}

function frame(
  { theme, asset }: Outside,
  parts: {
    readonly title: string;
    readonly script: string | null;
    readonly body: Html;
    readonly refreshNow?: boolean;
  },
): Html {
  const { title, script, body, refreshNow = false } = parts;
  return documentOf({
    ...{ title, theme, script, refreshNow, style: asset('style.css'), icon: asset('icon.svg') },
    body: html`<main class="entry" id="main"><p class="brand"><img src="${asset('icon.svg')}" alt="" width="28" height="28"> Sentinel</p>${body}</main>`,
  });
}
