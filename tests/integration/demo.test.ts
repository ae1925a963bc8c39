// The demo, as a new user runs it unattended: `sentinel demo --once --json` in a folder of their own. Two real faults in a
// real system; the last line of its output says what became of them.

import { expect, test } from 'vitest';
import { startSentinel } from '../cli/run-sentinel.ts';
import { temporaryFolder } from './support/folder.ts';
import { cacheOfThisMachine } from './support/sentinel.ts';

test('both incidents end recovered: one without asking, one approved whose first fix is undone', async ({
  onTestFinished,
  task,
}) => {
  const folder = await temporaryFolder('demo');
  const { child, done } = startSentinel(['demo', '--once', '--json'], {
    cwd: folder.path,
    env: cacheOfThisMachine(),
  });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    const { stderr } = await done;
    if (task.result?.state === 'fail') console.error(stderr);
    await folder.remove();
  });

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
});
