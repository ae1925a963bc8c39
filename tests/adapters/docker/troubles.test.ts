/** Ends and failing health checks by events and by looks: each once, whichever of the two shows it first. */
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../../adapters/docker/engine.ts';
import { createEventLog, type Happened } from '../../../adapters/docker/events.ts';
import { createTroubles, type Look } from '../../../adapters/docker/troubles.ts';
import { type ContainerEvent, eventsSchema } from '../../../adapters/docker/wire.ts';

const id = 'a'.repeat(64);
const at = 1_700_000_000_000;

function event(action: string, atMs: number, more: Record<string, string> = {}): ContainerEvent {
  const attributes = { name: 'shop-orders', ...more };
  const [parsed] = eventsSchema.parse([
    { Action: action, Actor: { ID: id, Attributes: attributes }, timeNano: atMs * 1e6 },
  ]);
  if (parsed === undefined) throw new Error('one event went in');
  return parsed;
}

/** An engine that remembers these, and is asked at these moments. */
function asking(remembered: readonly ContainerEvent[]) {
  const asked: [number, number][] = [];
  let failure: Error | null = null;
  const log = createEventLog({
    async events(sinceMs, untilMs) {
      asked.push([sinceMs, untilMs]);
      if (failure !== null) throw failure;
      return remembered.filter(({ atMs }) => atMs >= sinceMs && atMs <= untilMs);
    },
  });
  const fail = (error: Error | null): void => {
    failure = error;
  };
  return { log, asked, fail };
}

describe('the events of an engine', () => {
  test('are told from the first question on, each once, although the questions overlap', async () => {
    const die = [at - 1_000, at + 1_000, at + 14_999].map((ms) => event('die', ms, { exitCode: '3' }));
    const { log } = asking(die);
    expect(await log.next(at)).toEqual([]);
    expect((await log.next(at + 15_000))?.map((one) => one.event.atMs)).toEqual([at + 1_000, at + 14_999]);
    expect(await log.next(at + 16_000)).toEqual([]);
    expect(await log.next(at + 30_000)).toEqual([]);
  });

  test('that were not told are asked for again', async () => {
    const { log, asked, fail } = asking([event('die', at + 1_000)]);
    await log.next(at);
    fail(new EngineError('GET /events: no answer', null, false, null));
    expect(await log.next(at + 15_000)).toBeNull();
    fail(null);
    expect(await log.next(at + 30_000)).toHaveLength(1);
    expect(asked.map(([sinceMs]) => sinceMs)).toEqual([at - 5_000, at - 5_000, at - 5_000]);
  });

  test('are asked for by a clock that was set back, too', async () => {
    const { log, asked } = asking([]);
    await log.next(at);
    await log.next(at - 3_600_000);
    for (const [sinceMs, untilMs] of asked) expect(sinceMs).toBeLessThan(untilMs);
  });

  test('say why a container ended, also when the reason came with an earlier question', async () => {
    const { log } = asking([
      event('oom', at + 14_500),
      event('die', at + 15_500, { exitCode: '137' }),
      event('kill', at + 20_000, { signal: '1' }),
      event('kill', at + 21_000, { signal: '15' }),
      event('die', at + 22_000, { exitCode: '143' }),
    ]);
    await log.next(at);
    expect(await log.next(at + 15_000)).toEqual([]);
    expect(await log.next(at + 30_000)).toMatchObject([
      { what: 'ended', outOfMemory: true, told: false },
      { what: 'ended', outOfMemory: false, told: true },
    ]);
  });

  test('tell of a program that was killed for its memory while its container goes on', async () => {
    const { log } = asking([event('oom', at + 1_000)]);
    await log.next(at);
    expect(await log.next(at + 15_000)).toMatchObject([{ what: 'out-of-memory' }]);
    expect(await log.next(at + 30_000)).toEqual([]);
  });
});

describe('what is told of a container', () => {
  const look = (more: Partial<Look> = {}): Look => ({
    ...{ id, isRunning: true, finishedAtMs: null, outOfMemory: false, exitCode: 0, health: 'healthy' },
    ...more,
  });
  const ended = (atMs: number, more: { told?: boolean; outOfMemory?: boolean } = {}): Happened => ({
    ...{ event: event('die', atMs, { exitCode: '3' }), what: 'ended', outOfMemory: false, told: false },
    ...more,
  });
  const turned = (what: 'healthy' | 'unhealthy', atMs: number) =>
    ({ event: event(`health_status: ${what}`, atMs), what }) as const;
  const dead = look({ isRunning: false, finishedAtMs: at + 1_000, exitCode: 3 });
  const telling = () => {
    const troubles = createTroubles();
    troubles.tell([look()], [], at);
    return (looks: readonly Look[], events: Parameters<typeof troubles.tell>[1], ms = at + 15_000) =>
      troubles.tell(looks, events, ms).map(({ words }) => words('c'));
  };

  test('an end by its event, and not again by the look', () => {
    const tell = telling();
    expect(tell([dead], [ended(at + 1_005)])).toEqual(['container c ended with exit code 3']);
    expect(tell([dead], [])).toEqual([]);
  });

  test('an end after the look by its event, and not again by the next look', () => {
    const tell = telling();
    expect(tell([look()], [ended(at + 1_005)])).toHaveLength(1);
    expect(tell([dead], [])).toEqual([]);
  });

  test('an end by the look where the engine has forgotten it, and not again when its event comes', () => {
    const tell = telling();
    expect(tell([dead], [])).toEqual(['container c ended with exit code 3']);
    expect(tell([dead], [ended(at + 1_005)])).toEqual([]);
    expect(tell([dead], [ended(at + 60_000)])).toHaveLength(1);
  });

  test('several ends each', () => {
    const tell = telling();
    expect(tell([dead], [ended(at + 100), ended(at + 500), ended(at + 1_005)])).toHaveLength(3);
  });

  test('an end for its memory as such, by event or look', () => {
    const words = ['container c was killed: out of memory'];
    expect(telling()([dead], [ended(at + 1_005, { outOfMemory: true })])).toEqual(words);
    expect(telling()([{ ...dead, outOfMemory: true, exitCode: 0 }], [ended(at + 1_005)])).toEqual(words);
    expect(telling()([{ ...dead, outOfMemory: true, exitCode: 0 }], null)).toEqual(words);
  });

  test('no restart by somebody, but a stop', () => {
    expect(telling()([look({ finishedAtMs: at + 1_000 })], [ended(at + 1_005, { told: true })])).toEqual([]);
    expect(telling()([dead], [ended(at + 1_005, { told: true })])).toHaveLength(1);
  });

  test.each([
    ['that comes with the look', look({ health: 'unhealthy' }), [turned('unhealthy', at + 1_000)], 1],
    ['after the look', look(), [turned('unhealthy', at + 1_000)], 1],
    ['that only the look shows', look({ health: 'unhealthy' }), [], 1],
    ['that has passed', look(), [turned('unhealthy', at + 1_000), turned('healthy', at + 2_000)], 1],
    [
      'that came twice',
      look({ health: 'unhealthy' }),
      [turned('unhealthy', at + 1_000), turned('healthy', at + 2_000), turned('unhealthy', at + 3_000)],
      2,
    ],
  ] as const)('a failing health check %s', (_what, seen, events, times) => {
    const tell = telling();
    expect(tell([seen], events)).toEqual(Array(times).fill('the health check of container c fails'));
    const isBad = times !== 1 || seen.health === 'unhealthy' || events.length === 1;
    expect(tell([look({ health: isBad ? 'unhealthy' : 'healthy' })], []), 'not again').toEqual([]);
  });
});
