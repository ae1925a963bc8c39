// The demo, as a new user runs it unattended: `sentinel demo --once --json` in a folder of their own. Two real faults in a
// real system; the last line of its output says what became of them.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sentinel, startSentinel } from '../cli/run-sentinel.ts';
import { temporaryFolder } from './support/folder.ts';
import { cacheOfThisMachine } from './support/sentinel.ts';

/** On a busy machine the demo waits for Sentinel to catch up, with each of its incidents. */
const patient = { timeout: 600_000 };

test(
  'both incidents end recovered: one without asking, one approved whose first fix is undone',
  patient,
  async ({ onTestFinished, task }) => {
    const folder = await temporaryFolder('demo');
    const { child, done, until } = startSentinel(['demo', '--once', '--json'], {
      cwd: folder.path,
      env: cacheOfThisMachine(),
    });
    onTestFinished(async () => {
      child.kill('SIGTERM');
      const { stderr } = await done;
      if (task.result?.state === 'fail') console.error(stderr);
      await folder.remove();
    });

    // What the demo tells people to type in another terminal works, without a key of their own.
    await until('Incident 1 of 2');
    const config = join(folder.path, '.sentinel/demo/sentinel/sentinel.yaml');
    expect(await sentinel(['incident', 'list', '--json', '--config', config])).toMatchObject({ code: 0 });
    const link = await sentinel(['dashboard', '--config', config]);
    expect(link).toMatchObject({ code: 0, stdout: expect.stringContaining('/login#once=') });

    const { code, stdout, stderr } = await done;
    const told = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(told).toMatchObject({
      ok: true,
      incidents: [
        { outcome: 'recovered', approvals: 0, compensations: 0 },
        { outcome: 'recovered', compensations: 1 },
      ],
    });
    const [simple, asked] = told.incidents;
    expect(asked.approvals).toBeGreaterThan(0);
    expect(asked.attempts).toBeGreaterThan(1);
    for (const { detectedMs, diagnosedMs, verifiedMs } of [simple, asked]) {
      expect(detectedMs).toBeLessThanOrEqual(diagnosedMs);
      expect(diagnosedMs).toBeLessThanOrEqual(verifiedMs);
    }
    expect(stderr).toContain('Temporal Web UI: http://127.0.0.1:');
    expect(stderr).toContain('Incident 2 of 2');
    expect(code).toBe(0);
  },
);
