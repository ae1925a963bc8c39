// Whether a watch can be opened at all. The rights say nothing of what stands between: a proxy that holds answers back until they
// are complete passes every other request on.

import { type Api, KubernetesError } from '../api.ts';
import { podsPath } from '../kinds.ts';
import type { KubernetesSettings } from '../settings.ts';

/** Why not, in a sentence; null where it can be, and where nothing is to be followed. */
export async function watchProblem(
  api: Pick<Api, 'watch'>,
  {
    watch,
    namespaces,
    requestTimeoutSeconds,
  }: Pick<KubernetesSettings, 'watch' | 'namespaces' | 'requestTimeoutSeconds'>,
): Promise<string | null> {
  if (!watch) return null;
  const problems = await Promise.all(
    namespaces.map((namespace) => problemIn(api, namespace, requestTimeoutSeconds)),
  );
  return problems.find((problem) => problem !== null) ?? null;
}

async function problemIn(
  api: Pick<Api, 'watch'>,
  namespace: string,
  timeoutSeconds: number,
): Promise<string | null> {
  const opened = new AbortController();
  // Longer than anybody waits for its beginning.
  const from = { version: '0', seconds: timeoutSeconds * 2, opened: () => opened.abort() };
  try {
    for await (const _ of api.watch(podsPath(namespace), from, opened.signal)) break;
    return null;
  } catch (error) {
    if (opened.signal.aborted) return null;
    if (error instanceof KubernetesError) return error.message;
    throw error;
  }
}
