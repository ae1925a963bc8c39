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

  test('that nobody suffers is not said of seconds of which detection knows better', () => {
    const held = heldBack(story('log noise at c (deep)', 20), 5);
    const [first] = held.anomalies;
    if (first === undefined) throw new Error('nothing was noticed');
    const later = { ...first, id: 'later', signal: 'errors' as const, detectedMs: held.nowMs };
    const { hypotheses } = diagnose({ ...held, anomalies: [...held.anomalies, later] }, []).diagnosis;
    expect(hypotheses.map(({ cause }) => cause)).not.toContain('log-noise');
  });

  test.each([5, 6, 7, 8, 9, 10, 12, 14])(
    'and one that hangs takes what it held back along: after %i s nothing of it shows that it still works',
    (seconds) => {
      const whole = story('hang of one at b (deep)', seconds);
      const sinceMs = whole.onsetMs - 4_000;
      // Calls that will time out have not ended yet.
      const ended = whole.calls.filter(({ errors }) => errors === 0);
      const lost = ended.filter(({ atMs, instance }) => instance !== 'b-0' || atMs < sinceMs);
      const { inconclusive, hypotheses } = diagnose(heldBack({ ...whole, calls: lost }, 5), []).diagnosis;
      expect(inconclusive ? 'open' : hypotheses[0]?.cause).toMatch(/^(?:open|hang)$/);
    },
  );
});
