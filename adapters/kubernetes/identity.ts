// Who we are to the API server: one identity reads, another one changes. Files are read again every minute, because tokens and
// certificates are replaced while Sentinel runs. Credentials stay in here: no error repeats any of them.

import { readFileSync } from 'node:fs';
import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent, type Dispatcher } from 'undici';
import type { KubernetesSettings } from './settings.ts';

export type Purpose = 'read' | 'write';

/** What a request needs to reach the API server as somebody. */
export type Access = {
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
};

/** The configuration of an identity cannot be used; the message says what to correct. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
}

export type IdentitySettings = Pick<
  KubernetesSettings,
  'kubeconfig' | 'readContext' | 'writeContext' | 'readTokenFile' | 'writeTokenFile'
>;

const readAgainAfterMs = 60_000;

/** Answers the access of one identity, as its files are now. */
export function createIdentity(
  settings: IdentitySettings,
  purpose: Purpose,
  monotonicMs: () => number = () => performance.now(),
): () => Promise<Access> {
  let kept: { readonly access: Promise<Access>; readonly readAtMs: number } | undefined;
  return () => {
    if (kept === undefined || monotonicMs() - kept.readAtMs > readAgainAfterMs) {
      void kept?.access.then(({ dispatcher }) => dispatcher.close()).catch(() => {});
      const access = readAccess(settings, purpose);
      kept = { access, readAtMs: monotonicMs() };
      // A file that cannot be read now may be there for the next request.
      access.catch(() => {
        kept = undefined;
      });
    }
    return kept.access;
  };
}

async function readAccess(settings: IdentitySettings, purpose: Purpose): Promise<Access> {
  const config = load(settings, purpose);
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new IdentityError(
      `the context ${quoted(config.getCurrentContext())} of ${settings.kubeconfig ?? 'the pod'} names no cluster of that file`,
    );
  // The library writes what authentication needs into a request; all requests of this identity get the same.
  const carrier = new RequestContext(cluster.server, HttpMethod.GET);
  try {
    await config.applySecurityAuthentication(carrier);
  } catch (error) {
    throw new IdentityError(
      `the credentials of context ${quoted(config.getCurrentContext())} cannot be used (${firstLine(error)})`,
    );
  }
  const tokenFile = purpose === 'write' ? settings.writeTokenFile : settings.readTokenFile;
  const token: Record<string, string> =
    tokenFile === undefined ? {} : { Authorization: `Bearer ${readToken(tokenFile)}` };
  return {
    server: cluster.server.replace(/\/+$/, ''),
    headers: { ...trimmed(carrier.getHeaders()), ...token },
    dispatcher: carrier.getDispatcher() ?? new Agent(),
  };
}

function load({ kubeconfig, readContext, writeContext }: IdentitySettings, purpose: Purpose): KubeConfig {
  const config = new KubeConfig();
  if (kubeconfig === undefined) {
    config.loadFromCluster();
    if (/undefined/.test(config.getCurrentCluster()?.server ?? 'undefined'))
      throw new IdentityError(
        'there is no kubeconfig in the configuration, and this process does not run in a pod: set kubeconfig',
      );
    return config;
  }
  try {
    config.loadFromFile(kubeconfig);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new IdentityError(
      code === undefined
        ? `the kubeconfig ${kubeconfig} is no kubeconfig`
        : `the kubeconfig ${kubeconfig} cannot be read (${code})`,
    );
  }
  const context = purpose === 'write' ? (writeContext ?? readContext) : readContext;
  if (context === undefined) return config;
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context))
    throw new IdentityError(
      `the kubeconfig ${kubeconfig} has no context ${quoted(context)}; it has ${names.slice(0, 20).map(quoted).join(', ') || 'none'}`,
    );
  config.setCurrentContext(context);
  return config;
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new IdentityError(
      `the token file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'no reason given'})`,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(token)) throw new IdentityError(`the token file ${file} holds no token`);
  return token;
}

/** A token that was read from a file ends with its line. */
function trimmed(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.trim()]));
}

const quoted = (text: string) => `"${text}"`;

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').slice(0, 200);
}
