/** Small controllers that do what Argo CD and Flux do: put a workload back to what Git says, again and again, under their own names. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { workloadPath, workloadsPath } from '../../../adapters/kubernetes/kinds.ts';
import type { Cluster } from './control-plane.ts';
import { drifted } from './drift.ts';

export interface GitOperator {
  /** How often it had to put something back. */
  readonly reverts: () => number;
  /** How often it has looked, paused or not. */
  readonly looks: () => number;
  stop(): Promise<void>;
}

const everyMs = 50;
/** In a row. */
const mostTroubles = 100;

/**
 * Applies the manifest as field manager `manager`, and puts back what differs in it: `apply` as Flux does (server-side, forced),
 * `patch` as Argo CD does.
 */
export async function startGitOperator(
  plane: Cluster,
  namespace: string,
  manager: string,
  way: 'apply' | 'patch',
  manifest: { readonly metadata: { readonly name: string } },
  /** Whether people have told it to leave the workload alone; asked at every look, as theirs do. */
  isPaused: () => Promise<boolean> = async () => false,
): Promise<GitOperator> {
  const agent = new Agent({ connect: { ca: readFileSync(plane.caFile) } });
  const { name } = manifest.metadata;
  const path = workloadPath({ namespace, kind: 'deployment', name });
  const send = async (method: 'PATCH' | 'POST', at: string, type: string, force: boolean): Promise<void> => {
    const answer = await request(
      `${plane.server}${at}?fieldManager=${manager}${force ? '&force=true' : ''}`,
      {
        method,
        dispatcher: agent,
        headers: { authorization: 'Bearer admin-token', 'content-type': type },
        body: JSON.stringify(manifest),
      },
    );
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${manager}: ${answer.statusCode} ${text}`);
  };
  const sync = () =>
    way === 'apply'
      ? send('PATCH', path, 'application/apply-patch+yaml', true)
      : send('PATCH', path, 'application/strategic-merge-patch+json', false);
  if (way === 'apply') await sync();
  else await send('POST', workloadsPath(namespace, 'deployment'), 'application/json', false);

  let reverts = 0;
  let looks = 0;
  let running = true;
  let troubles = 0;
  const look = async (): Promise<void> => {
    looks += 1;
    if ((await isPaused()) || !drifted(manifest, await plane.admin.get(path))) return;
    reverts += 1;
    await sync();
  };
  const reconcile = async (): Promise<void> => {
    while (running) {
      try {
        await look();
        troubles = 0;
      } catch (error) {
        // A busy server, or somebody who wrote in that moment: as theirs do, it looks again. What stays is an error of the test.
        troubles += 1;
        if (troubles >= mostTroubles) throw error;
      }
      await pause(everyMs);
    }
  };
  const working = reconcile();
  working.catch(() => {}); // thrown at the stop
  return {
    reverts: () => reverts,
    looks: () => looks,
    async stop() {
      running = false;
      await working;
      await agent.close();
    },
  };
}
