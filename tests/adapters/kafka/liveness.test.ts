// What a consumer says of the brokers and of itself, under every way of getting nothing: brokers that are silent, records
// under way, a store that is away, a process that was stopped, clocks that jump.

import { beforeEach, describe, expect, test } from 'vitest';
import { Liveness } from '../../../adapters/kafka/liveness.ts';

let monotonicMs: number;
let wallMs: number;
let liveness: Liveness;

beforeEach(() => {
  monotonicMs = 5_000;
  wallMs = Date.UTC(2026, 0, 1);
  liveness = new Liveness({ monotonicMs: () => monotonicMs, wallMs: () => wallMs });
  liveness.joined();
});

const jump = (ms: number): void => {
  wallMs += ms;
};
const pass = (ms: number): void => {
  monotonicMs += ms;
  wallMs += ms;
};
/** This process lives through them, with its timer. */
const seconds = (count: number): void => {
  for (let second = 0; second < count; second += 1) {
    pass(1_000);
    liveness.turn();
  }
};

describe('problem', () => {
  test('the brokers do not answer once nothing was fetched for six seconds, until something is', () => {
    liveness.fetched();
    seconds(5);
    expect(liveness.problem()).toBeNull();
    seconds(1);
    expect(liveness.problem()).toBe('the brokers do not answer');
    liveness.fetched();
    expect(liveness.problem()).toBeNull();
  });

  test('who has just joined has not been kept waiting yet, whatever was before', () => {
    seconds(100);
    liveness.joined();
    expect(liveness.problem()).toBeNull();
    seconds(6);
    expect(liveness.problem()).toBe('the brokers do not answer');
  });

  test('records under way are no silence of the brokers; after half a minute they are the problem', () => {
    liveness.fetched();
    seconds(3);
    liveness.working('observations/3');
    seconds(29);
    expect(liveness.problem()).toBeNull();
    seconds(16);
    expect(liveness.problem()).toBe(
      'records from observations/3 have been in progress for 45 s: a store is slow, or this process is short of CPU',
    );
    liveness.done('observations/3');
    expect(liveness.problem()).toBeNull();
    // The silence begins where the work ended.
    seconds(5);
    expect(liveness.problem()).toBeNull();
    seconds(1);
    expect(liveness.problem()).toBe('the brokers do not answer');
  });

  test('a long batch that gets on step by step is no problem', () => {
    for (let step = 0; step < 10; step += 1) {
      liveness.working('observations/3');
      seconds(20);
    }
    expect(liveness.problem()).toBeNull();
  });

  test('records that cannot be stored are told at once, with the reason, until they are', () => {
    liveness.working('alerts/0');
    liveness.waits('alerts/0', 'the inbox is full');
    seconds(60);
    expect(liveness.problem()).toBe('records from alerts/0 are waiting: the inbox is full');
    liveness.working('alerts/0');
    expect(liveness.problem()).toBeNull();
    liveness.waits('alerts/0', 'the inbox is full');
    liveness.done('alerts/0');
    expect(liveness.problem()).toBeNull();
  });

  test('neither a clock that jumps nor a process that was stopped is a silence of the brokers', () => {
    liveness.fetched();
    jump(3_600_000);
    seconds(1);
    jump(-7_200_000);
    seconds(1);
    // Stopped for an hour: one turn of the timer, and then it reads what has come in meanwhile.
    pass(3_600_000);
    liveness.turn();
    expect(liveness.problem()).toBeNull();
  });
});

describe('heard', () => {
  test('not before the first fetch, and for three seconds after each', () => {
    expect(liveness.heard()).toBe(false);
    liveness.fetched();
    pass(2_999);
    expect(liveness.heard()).toBe(true);
    pass(1);
    expect(liveness.heard()).toBe(false);
  });

  test('not while records are under way for longer: the other partitions are not read meanwhile', () => {
    liveness.fetched();
    liveness.working('observations/3');
    seconds(3);
    liveness.done('observations/3');
    expect(liveness.heard()).toBe(false);
  });

  test.each([
    ['forwards', 3_600_000],
    ['back', -3_600_000],
  ])('not after a clock jumped %s, until the next fetch', (_, ms) => {
    liveness.fetched();
    jump(ms);
    expect(liveness.heard()).toBe(false);
    liveness.fetched();
    expect(liveness.heard()).toBe(true);
  });

  test('not after the process was stopped, until the next fetch', () => {
    liveness.fetched();
    monotonicMs += 3_600_000;
    expect(liveness.heard()).toBe(false);
  });
});
