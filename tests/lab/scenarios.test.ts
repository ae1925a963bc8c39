import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadScenarios } from '../../lab/scenario/load.ts';
import { playFaults } from '../../lab/scenario/play.ts';
import { faultKinds } from '../../lab/supervisor/fault-kinds.ts';

const folder = fileURLToPath(new URL('../../lab/scenarios', import.meta.url));

describe('the shipped scenarios', () => {
  it('are right, and cover every fault kind and cause', async () => {
    const scenarios = await loadScenarios([folder]);
    expect(scenarios.length).toBeGreaterThanOrEqual(16);
    expect(new Set(scenarios.flatMap(({ faults }) => faults.map(({ kind }) => kind)))).toEqual(
      new Set(faultKinds),
    );
    expect(new Set(scenarios.map(({ truth }) => truth.cause))).toEqual(new Set(faultKinds));
    expect(scenarios.filter(({ truth }) => truth.fixedBy.length === 0).length).toBeGreaterThanOrEqual(3);
  });

  it('have a truth that is one of their faults', async () => {
    for (const { name, truth, faults } of await loadScenarios([folder])) {
      const causes = faults.map(({ service, kind }) => `${service} ${kind}`);
      expect(causes, name).toContain(`${truth.service} ${truth.cause}`);
    }
  });
});

describe('loading scenarios', () => {
  const text =
    'name: a\nfaults: [{ service: worker, kind: hang }]\ntruth: { service: worker, cause: hang, fixedBy: [] }\n';

  it('names the problems of every file at once', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'scenarios-'));
    await writeFile(join(dir, '1.yaml'), text);
    await writeFile(join(dir, '2.yml'), text);
    await writeFile(join(dir, '3.yaml'), 'name: b');
    await expect(loadScenarios([dir])).rejects.toThrow(
      /2\.yml:1: the name a is already[\s\S]*3\.yaml:1: "faults" is missing/,
    );
  });

  it('says when there is nothing', async () => {
    await expect(loadScenarios(['/no/such/place'])).rejects.toThrow(
      '/no/such/place:1: no such file or folder',
    );
    const empty = await mkdtemp(join(tmpdir(), 'scenarios-'));
    await expect(loadScenarios([empty])).rejects.toThrow('the folder contains no .yaml file');
  });
});

describe('playing faults', () => {
  it('injects each at its time, and does not wait for a slow one', async () => {
    const order: string[] = [];
    const inject = (async ({ kind }: { kind: string }) => {
      order.push(kind);
      return kind === 'hang' ? new Promise((resolve) => setTimeout(resolve, 60, kind)) : kind;
    }) as never;
    const at = (atMs: number, kind: 'hang' | 'crash') => ({
      atMs,
      service: 'payments' as const,
      kind,
      with: {},
    });
    expect(await playFaults({ inject }, [at(20, 'crash'), at(0, 'hang')])).toEqual(['crash', 'hang']);
    expect(order).toEqual(['hang', 'crash']);
  });
});
