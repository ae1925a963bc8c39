// Visits to createApp as a browser on this machine makes them: with the cookies it was given, following nothing by itself.

import { createApp } from '../../../api/app.ts';
import type { World } from '../in-memory.ts';

export type Visit = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where the answer leads to. */
  readonly location: string | null;
};

export type Browser = {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Visit>;
  post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Visit>;
  /** The token of the forms on the last page. */
  csrf(): string;
  readonly cookies: Map<string, string>;
};

export const origin = 'http://localhost';

export function openBrowser(world: World, at = origin): Browser {
  const app = createApp(world.deps);
  const cookies = new Map<string, string>();
  let lastPage = '';
  const visit = async (
    path: string,
    init: { method: string; headers: Record<string, string>; body?: string },
  ) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await app.request(`${at}${path}`, {
      ...init,
      headers: { ...(cookie === '' ? {} : { cookie }), ...init.headers },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      if (value === '' || /max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const text = await response.text();
    if (response.headers.get('content-type')?.startsWith('text/html')) lastPage = text;
    const { status, headers } = response;
    return { status, headers, text, location: headers.get('location') };
  };
  return {
    cookies,
    csrf: () => /name="csrf" value="([^"]+)"/.exec(lastPage)?.[1] ?? '',
    get: (path, headers = {}) => visit(path, { method: 'GET', headers }),
    post: (path, fields, headers = {}) =>
      visit(path, {
        method: 'POST',
        body: new URLSearchParams(fields).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: at, ...headers },
      }),
  };
}

/** Logged in with this key, on the overview. */
export async function loggedIn(world: World, key: string): Promise<Browser> {
  const browser = openBrowser(world);
  await browser.post('/login', { key });
  await browser.get('/');
  return browser;
}
