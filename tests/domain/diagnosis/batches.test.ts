import { describe, expect, test } from 'vitest';
import { casesFor } from '../../../bench/support/simulated-cases.ts';
import { type Simulated, simulate } from '../../../bench/support/simulated-system.ts';
import { batchesOf } from '../../../domain/diagnosis/batches.ts';
import { diagnose } from '../../../domain/diagnosis/diagnose.ts';

/** What is known of a world whose senders hold spans back: each has told everything up to a moment of its own. */
function heldBack(input: Simulated, upToSeconds: number): Simulated {
  const newestMs = Math.max(...input.calls.map(({ atMs }) => atMs));
  const names = [...new Set(input.calls.map(({ instance }) => instance))].sort();
  const sentMs = (instance: string) =>
    newestMs - Math.round((names.indexOf(instance) / (names.length - 1)) * upToSeconds) * 1_000;
  return { ...input, calls: input.calls.filter(({ atMs, instance }) => atMs <= sentMs(instance)) };
}

const story = (name: string, afterSeconds: number) => {
  const one = casesFor(1).find((candidate) => candidate.name === name);
  if (one === undefined) throw new Error(`no case is called ${name}`);
  return simulate({ ...one.world, afterSeconds });
};
const best = (input: Simulated) => diagnose(input, []).diagnosis.hypotheses[0];

describe('senders that hold spans back', () => {
  test('are seen by how far they are behind each other', () => {
    const whole = story('log noise at c (deep)', 20);
    expect(batchesOf(whole.calls, whole.nowMs)).toBe(0);
    const held = heldBack(whole, 5);
    expect(batchesOf(held.calls, held.nowMs)).toBeGreaterThanOrEqual(4_000);
    expect(batchesOf(held.calls.slice(0, 50), held.nowMs)).toBe(0);
  });

  test('are not silent', () => {
    const held = heldBack(story('log noise at c (deep)', 20), 5);
    expect(best(held)).toMatchObject({ cause: 'log-noise', scope: { service: 'c' } });
  });

  test.each(['hang at c (deep)', 'hang of one at a (deep)', 'telemetry gap at b (deep)'])(
    'and one that is silent for longer is: %s',
    (name) => {
      const [cause = '', service = ''] = name.replace(' of one', '').replace(' (deep)', '').split(' at ');
      const held = heldBack(story(name, 20), 5);
      expect(best(held)).toMatchObject({ cause: cause.replace(' ', '-'), scope: { service } });
    },
  );
});
