// Temporal's Web UI for people: the same pages at a known port, but only under the names of this machine, and for watching. What
// changes a workflow (terminate, signal, reset) goes through Sentinel, which asks who it is, or through Temporal's own tools.

import { proxy } from 'hono/proxy';
import { z } from 'zod';
import { bareProblem } from '../../api/http/bare-problem.ts';
import { type HttpServer, startHttp } from '../../api/server.ts';
import { codecPath, type WebUiCodec } from './web-ui-codec.ts';

export type WebUiOptions = {
  /** Where the UI itself listens. */
  readonly upstream: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The setting that moves it. Default `temporal.embedded.uiPort`. */
  readonly setting?: string;
  readonly names: readonly string[];
  /** Makes encrypted data readable; asked at each request, null where nothing is encrypted or nobody can log in. */
  readonly codec?: () => WebUiCodec | null;
};

/** Serves until it is closed. Rejects when the port is taken. */
export function startWebUi({
  upstream,
  host = '127.0.0.1',
  port,
  names,
  setting = 'temporal.embedded.uiPort',
  codec = () => null,
}: WebUiOptions): Promise<HttpServer> {
  return startHttp({
    host,
    port,
    names,
    setting,
    fetch: async (request, from) => {
      const { pathname, search } = new URL(request.url);
      const decoding = codec();
      if (decoding !== null && request.method === 'POST' && pathname === `${codecPath}/decode`)
        return decoding.decode(request, from);
      if (!onlyLooks(request)) return watchOnly(request);
      const headers = new Headers(request.headers);
      // What a browser says to Sentinel (its cookie, a key) is not for the UI.
      for (const name of ['host', 'authorization', 'origin']) headers.delete(name);
      headers.set('cookie', ownCookies(request.headers.get('cookie') ?? ''));
      const shown = await proxy(new URL(`${pathname}${search}`, upstream), {
        method: request.method,
        headers,
        body: request.body,
        signal: request.signal,
      });
      if (pathname !== '/api/v1/settings' || !shown.ok) return shown;
      return settingsOf(shown, decoding?.hasLogin(request) === true);
    },
  });
}

/** The UI's own settings, without the buttons for what is not passed on, and with the place where its pages have data decoded. */
async function settingsOf(shown: Response, decodes: boolean): Promise<Response> {
  const known = settingsSchema.parse(await shown.json());
  const codec = {
    Endpoint: codecPath,
    DefaultErrorMessage:
      "This incident is encrypted. Log in to Sentinel's dashboard in this browser again, then reload.",
  };
  return Response.json({
    ...known,
    DisableWriteActions: true,
    ...(decodes ? { Codec: { ...known.Codec, ...codec } } : {}),
  });
}

const settingsSchema = z.looseObject({ Codec: z.looseObject({}).optional() });

/** A query is a question to a workflow, which cannot change with it; the UI asks by POST. */
const query = /^\/api\/v1\/namespaces\/[^/]+\/workflows\/[^/]+(\/runs\/[^/]+)?\/query\/[^/]+$/;

function onlyLooks({ method, url }: Request): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  return method === 'POST' && query.test(new URL(url).pathname);
}

function ownCookies(header: string): string {
  const cookies = header.split(';').map((cookie) => cookie.trim());
  return cookies.filter((cookie) => cookie.startsWith('_csrf=')).join('; ');
}

function watchOnly(request: Request): Response {
  const detail =
    "This Web UI is read-only. Take over or abort an incident in Sentinel; for anything else use Temporal's command line.";
  const title = 'This Web UI is read-only';
  const id = request.headers.get('x-request-id') ?? crypto.randomUUID();
  const { status, headers, body } = bareProblem({ status: 403, kind: 'forbidden', title, detail }, id);
  return new Response(body, { status, headers });
}
