/** How often AWS is asked: within a number of requests a minute, more rarely while it says that this is too often. */
import { expect, test } from 'vitest';
import { AwsError, refused } from '../../../adapters/aws/answers.ts';
import { createPace } from '../../../adapters/aws/paced.ts';
import type { AlertEvent, Observation } from '../../../domain/observation.ts';

const { signal } = new AbortController();
const scope = { environment: 'production', service: 'orders' };
const alert: AlertEvent = {
  ...{ kind: 'alert', id: 'a', status: 'firing', scope, atMs: 1, severity: 'warning' },
  ...{ title: 'something is wrong', source: 'aws', attributes: {} },
};
const gauge: Observation = {
  ...{ kind: 'gauge', scope, metric: 'container.replicas.available', unit: '1', attributes: {} },
  ...{ atMs: 1, value: 1 },
};
const minuteMs = 60_000;

/** One whose looks cost `cost` requests each, and do what the next of `fates` says. */
function paced(callsPerMinute: number, cost = 1) {
  const clock = { now: 1_800_000_000_000 };
  const pace = createPace({ callsPerMinute }, () => clock.now);
  const fates: ('throttled' | 'broken' | { readonly lacks: string })[] = [];
  let looks = 0;
  const readings = pace.readings('aws', async () => {
    looks += 1;
    for (let call = 0; call < cost; call += 1) pace.count();
    const fate = fates.shift();
    if (fate === 'throttled') throw new AwsError(refused('throttled', 'Rate exceeded'), null);
    if (fate === 'broken') throw new Error('no answer');
    if (fate !== undefined) pace.lacks(fate.lacks);
    return [alert, gauge];
  });
  return {
    ...{ clock, fates, problem: () => readings.problem?.() },
    changesUntilMs: () => readings.changesUntilMs?.('production'),
    looks: () => looks,
    read: (afterMs = 0) => {
      clock.now += afterMs;
      return readings.read('production', signal);
    },
  };
}

test('keeps to its requests a minute; what fires goes on firing in between, and nothing else is told', async () => {
  const { read, looks } = paced(4, 2);
  expect([await read(), await read()]).toEqual([
    [alert, gauge],
    [alert, gauge],
  ]);
  expect(await read()).toEqual([alert]);
  expect(looks()).toBe(2);
  expect(await read(minuteMs / 2)).toEqual([alert, gauge]);
  expect(looks()).toBe(3);
});

test('what changed is known until the last look that succeeded, not until the last question', async () => {
  const { read, changesUntilMs, clock, fates } = paced(4, 2);
  expect(changesUntilMs()).toBeNull();
  await read();
  await read();
  const lookedMs = clock.now;
  await read(1);
  expect(changesUntilMs()).toBe(lookedMs);
  fates.push('broken');
  await expect(read(minuteMs)).rejects.toThrow();
  expect(changesUntilMs()).toBe(lookedMs);
  await read(minuteMs);
  expect(changesUntilMs()).toBe(clock.now);
});

test('saves up no more than the requests of a minute', async () => {
  const { read, looks } = paced(4, 2);
  await read();
  await read(60 * minuteMs);
  await read();
  await read();
  expect(looks()).toBe(3);
});

test('a look that fails costs what it has asked', async () => {
  const { read, looks, fates } = paced(2, 2);
  fates.push('broken');
  await expect(read()).rejects.toThrow('no answer');
  expect(await read()).toEqual([]);
  expect(looks()).toBe(1);
});

test('while AWS is asked too often each pause is twice the one before, up to five minutes', async () => {
  const { read, fates, looks } = paced(6_000);
  const pauses = [15, 30, 60, 120, 240, 300, 300];
  let waitMs = 0;
  for (const [index, seconds] of pauses.entries()) {
    fates.push('throttled');
    await expect(read(waitMs)).rejects.toThrow(`asked again in ${seconds} s (Rate exceeded)`);
    waitMs = seconds * 1_000;
    // A second before it is over nobody asks.
    await expect(read(waitMs - 1_000)).rejects.toThrow('asked again in 1 s');
    expect(looks()).toBe(index + 1);
    waitMs = 1_000;
  }
  expect(await read(waitMs)).toEqual([alert, gauge]);
  fates.push('throttled');
  await expect(read()).rejects.toThrow('asked again in 15 s');
});

test('a clock that is set back holds nothing up', async () => {
  const slow = paced(2);
  await slow.read();
  expect(await slow.read(-60 * minuteMs)).toEqual([alert, gauge]);
  expect(await slow.read()).toEqual([alert]);
  expect(await slow.read(minuteMs)).toEqual([alert, gauge]);
  const throttled = paced(60);
  throttled.fates.push('throttled');
  await expect(throttled.read()).rejects.toThrow('asked too often');
  expect(await throttled.read(-60 * minuteMs)).toEqual([alert, gauge]);
});

test('what is missing of an answer is told until the next look; so is that a look is rare', async () => {
  const { read, fates, problem } = paced(60);
  fates.push({ lacks: 'which images are deployed is not seen' });
  await read();
  expect(problem()).toBe('which images are deployed is not seen');
  await read();
  expect(problem()).toBeNull();
  const rare = paced(1, 3);
  await rare.read();
  expect(rare.problem()).toBe(
    'callsPerMinute: 1 allows a look only every 180 s; raise it, or name fewer targets',
  );
});
