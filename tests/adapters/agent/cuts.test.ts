/**
 * The network between an agent and the API, two processes, is cut at each moment of an effect, for a moment or until whoever asked
 * has given up: never two effects, and what is told in the end is what has happened.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Executor } from '../../../activities/ports/executor.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { factsFor } from '../../../domain/remediation/precondition.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import type { Running } from '../../cli/run-sentinel.ts';
import { describeWith } from '../../support/component.ts';
import type { PostgresInfo } from '../../support/components/postgres.ts';
import { type CuttableLink, cuttableLink, type Moment } from '../../support/cuttable-link.ts';
import { memoryGate } from '../../support/memory-gate.ts';
import { executed } from '../executors/worker.ts';
import { makeSandbox, type Sandbox, sandboxTarget } from '../host/harness.ts';
import {
  type AgentFolder,
  agentFolder,
  newId,
  openSite,
  type Site,
  sandboxOfFile,
  through,
} from './support.ts';

const untilTold = 180_000;

await describeWith<PostgresInfo>('postgres', 'A network that is cut', () => {
  let site: Site;
  let link: CuttableLink;
  let folder: AgentFolder;
  let agent: Running;
  let sandboxes: readonly [Sandbox, Sandbox];

  beforeAll(async () => {
    site = await openSite();
    link = await cuttableLink(site.url);
    sandboxes = [makeSandbox(), makeSandbox()];
    folder = agentFolder(link.url, await site.key('web1'), [
      sandboxOfFile([sandboxes[0].folder]),
      sandboxOfFile(
        sandboxes.map((one) => one.folder),
        { name: 'both', host: 'web1--both' },
      ),
    ]);
    agent = folder.start();
    await agent.until('connected');
  });
  beforeEach(() => link.heal());
  afterAll(async () => {
    agent?.child.kill('SIGKILL');
    await agent?.done;
    folder?.remove();
    for (const sandbox of sandboxes ?? []) sandbox.remove();
    await link?.close();
    await site?.close();
  });

  async function intentOn(executor: Executor, resource = 'host/web1'): Promise<Intent> {
    const reachable = async (): Promise<TargetState | undefined> =>
      (await executor.observe('practice', 'orders').catch(() => [])).find(
        ({ target }) => target.resource === resource,
      );
    await expect.poll(reachable, { timeout: 120_000 }).toBeDefined();
    const before = (await reachable()) as TargetState;
    const step = { action: 'clear-sandbox', parameters: {} } as const;
    return {
      ...{ id: newId(), incidentId: 'i', planHash: 'p', step: 0, direction: 'forward' },
      ...{ ...step, target: { ...sandboxTarget, resource } },
      ...{ executor: executor.name, fence: 1, before, expects: [factsFor(step, before)] },
    };
  }

  /** The cut comes with the first call of the effect, and ends at once, or when that call has been given up. */
  function cutting(executor: Executor, moment: Moment | 'first', lasts: 'a moment' | 'long'): Executor {
    let calls = 0;
    return {
      ...executor,
      async begin(intent, call) {
        calls += 1;
        if (calls > 1) return executor.begin(intent, call);
        const isCut = moment === 'first' ? Promise.resolve(link.cut()) : link.cutAt(moment);
        if (lasts === 'a moment') void isCut.then(() => link.heal());
        const answer = await executor.begin(intent, call);
        await isCut;
        link.heal();
        return answer;
      },
    };
  }

  const at = (path: string, when: Moment['when']): Moment => ({ request: new RegExp(`/${path}$`), when });

  const cuts = [
    ['before the question is taken', 'first'],
    ['with the question on its way', at('next', 'after')],
    ['before it asks for its permission', at('permit', 'before')],
    ['with the permission on its way', at('permit', 'after')],
    ['before the answer arrives', at('answer', 'before')],
    ['when the answer has arrived', at('answer', 'after')],
  ] as const;
  const cases = cuts.flatMap(([what, moment]) =>
    (['a moment', 'long'] as const).map((lasts) => [what, lasts, moment] as const),
  );

  test.each(cases)(
    '%s, for %s: it is told as it is',
    async (what, lasts, moment) => {
      const executor = through(site, 'scratch');
      const intent = await intentOn(executor);
      const result = await executed(cutting(executor, moment, lasts), memoryGate(intent), intent);
      const effects = sandboxes[0].effects(intent);
      // Which of the two it is may depend on how soon the agent is back; that it is told so may not.
      expect(result).toMatchObject(effects === 1 ? { kind: 'applied' } : { kind: 'failed', certain: true });
      expect(effects).toBeLessThanOrEqual(1);
      if (what === 'when the answer has arrived') expect(effects).toBe(1);
      if (moment === 'first' && lasts === 'long') expect(effects).toBe(0);
      // The agent, which has caught up by then, adds nothing to it.
      const found = () => executor.lookUp(intent).catch(() => 'not reachable yet');
      await expect.poll(found, { timeout: 60_000 }).toBe(effects === 1 ? 'happened' : 'not-happened');
      expect(sandboxes[0].effects(intent)).toBe(effects);
    },
    untilTold,
  );

  test(
    'while it works, it ends where it is, and what it could not ask for is told',
    async () => {
      const executor = through(site, 'both');
      const intent = await intentOn(executor, 'host/web1--both');
      let asked = 0;
      site.permit = async () => {
        asked += 1;
        // The first permission is heard; the next question for one is not.
        if (asked === 1) void link.cutAt(at('permit', 'before')).then(() => link.heal());
        return { ok: true };
      };
      const result = await executed(executor, memoryGate(intent), intent);
      site.permit = async () => ({ ok: true });
      expect(result).toMatchObject({ kind: 'failed', reason: expect.stringContaining('could not be asked') });
      expect(asked).toBe(1);
      expect(sandboxes[0].effects(intent)).toBe(1);
    },
    untilTold,
  );
});
