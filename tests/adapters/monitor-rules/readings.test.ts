// What a Prometheus that comes and goes does to the alerts of its rules.

import { describe, expect, test } from 'vitest';
import {
  type CourseRange,
  NotAnswered,
  QueryRefused,
  type RuleApi,
  TooSlow,
  type Value,
} from '../../../adapters/monitor-rules/api.ts';
import { createRuleReadings } from '../../../adapters/monitor-rules/readings.ts';
import { rulesOf } from '../../../adapters/prometheus/rules.ts';
import { settings as schema } from '../../../adapters/prometheus/settings.ts';

const minute = 60_000;
const startMs = Date.UTC(2030, 0, 1);
const presets = Object.fromEntries(Object.keys(schema.shape.presets.parse({})).map((name) => [name, false]));

/** A series by its value at each instant; null: it is not there. */
type Course = (atMs: number) => number | null;

class Scripted implements RuleApi {
  nowMs = startMs;
  asked: string[] = [];
  away = false;
  hangs = false;
  aheadMs = () => 0;
  slow = /slow/;
  readonly courses: Readonly<Record<string, Course>>;

  constructor(courses: Readonly<Record<string, Course>>) {
    this.courses = courses;
  }

  async instant(query: string, signal: AbortSignal): Promise<readonly Value[]> {
    await this.#answers(query, signal);
    return this.#at(query, this.nowMs + this.aheadMs());
  }

  async range(query: string, range: CourseRange, signal: AbortSignal) {
    await this.#answers(`back ${query}`, signal);
    const points: { atMs: number; value: number }[] = [];
    for (let seconds = range.fromSeconds; seconds <= range.toSeconds; seconds += range.stepSeconds)
      for (const { value } of this.#at(query, seconds * 1_000)) points.push({ atMs: seconds * 1_000, value });
    return points.length === 0 ? [] : [{ labels: { service: query }, points }];
  }

  #at(query: string, atMs: number): readonly Value[] {
    const value = this.courses[query]?.(atMs) ?? null;
    return value === null ? [] : [{ labels: { service: query }, value }];
  }

  async #answers(query: string, signal: AbortSignal): Promise<void> {
    this.asked.push(query);
    if (this.away) throw new NotAnswered('away');
    if (this.slow.test(query)) throw new TooSlow('no answer in time');
    if (query.endsWith('refused')) throw new QueryRefused('a typing error');
    if (this.hangs)
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }
}

function asked(api: Scripted, ...rules: readonly object[]) {
  const given = schema.parse({ url: 'http://127.0.0.1:1', presets, rules });
  const monitored = { ...given, name: 'main', environments: ['prod'] };
  return createRuleReadings('prometheus', monitored, rulesOf(given), api, () => api.nowMs);
}
const high = (query: string, more: object = {}) => ({
  name: query,
  query,
  above: 10,
  forSeconds: 300,
  ...more,
});

const firing = async (readings: ReturnType<typeof asked>, signal = new AbortController().signal) =>
  (await readings.read('prod', signal)).flatMap((one) =>
    one.kind === 'alert' ? [[one.scope.service, (one.atMs - startMs) / minute]] : [],
  );
const sources = ({ alertsFrom }: ReturnType<typeof asked>) => (alertsFrom as () => readonly string[])();

test('what holds since a minute ago fires in four, whoever asks by then', async () => {
  const api = new Scripted({ load: (atMs) => (atMs >= startMs - minute ? 20 : 5) });
  const before = asked(api, high('load'));
  expect(await firing(before)).toEqual([]);
  api.nowMs += 3 * minute;
  // A process that starts now, in place of the one before.
  const after = asked(api, high('load'));
  expect(await firing(after)).toEqual([]);
  api.nowMs += 2 * minute;
  const [[service, sinceMinutes] = []] = await firing(after);
  expect(service).toBe('load');
  expect(sinceMinutes).toBeGreaterThan(-1.1);
  expect(sinceMinutes).toBeLessThan(0.5);
});

test('a rule is asked at its own pace, and its alert goes on in between', async () => {
  const api = new Scripted({ a: () => 20, b: () => 20 });
  const readings = asked(api, high('a'), high('b', { everySeconds: 120 }));
  await firing(readings);
  api.asked = [];
  for (const _ of Array(4)) {
    api.nowMs += 30_000;
    expect((await firing(readings)).map(([service]) => service)).toEqual(['a', 'b']);
  }
  expect(api.asked).toEqual(['a', 'a', 'a', 'a', 'b']);
});

describe('while nobody answers', () => {
  test('only one question is asked, and the rest when there is an answer', async () => {
    const api = new Scripted({ a: () => 20, b: () => 20 });
    const readings = asked(api, high('a'), high('b'));
    expect(await firing(readings)).toHaveLength(2);
    api.away = true;
    api.asked = [];
    for (const _ of Array(3)) {
      api.nowMs += 30_000;
      await expect(readings.read('prod', new AbortController().signal)).rejects.toThrow('away');
    }
    expect(api.asked).toEqual(['a', 'a', 'a']);
    expect(sources(readings)).toEqual(['prometheus/main/b']);
    api.away = false;
    expect((await firing(readings)).map(([service]) => service)).toEqual(['a', 'b']);
    expect(sources(readings)).toEqual(['prometheus/main/a', 'prometheus/main/b']);
  });

  test('for long, what happened meanwhile is looked up, so that no duration goes on over a gap', async () => {
    const gap = [startMs + 3 * minute, startMs + 5 * minute] as const;
    const api = new Scripted({
      load: (atMs) => (atMs > gap[0] && atMs < gap[1] ? 5 : atMs >= startMs ? 20 : 5),
    });
    const readings = asked(api, high('load'));
    expect(await firing(readings)).toEqual([]);
    api.nowMs = startMs + 7 * minute;
    api.asked = [];
    expect(await firing(readings)).toEqual([]);
    expect(api.asked).toEqual(['load', 'back load']);
  });

  test('one that hangs is left when nobody waits any longer, and the next look begins with what was not asked', async () => {
    const api = new Scripted({ a: () => 20, b: () => 20 });
    const readings = asked(api, high('a'), high('b'));
    api.hangs = true;
    const stop = new AbortController();
    const reading = readings.read('prod', stop.signal);
    stop.abort(new Error('too long'));
    await expect(reading).rejects.toThrow('too long');
    api.hangs = false;
    expect(await firing(readings)).toHaveLength(2);
  });
});

test('one that is slow is told as its own problem; when all are, nothing answers', async () => {
  const api = new Scripted({ a: () => 20 });
  const readings = asked(api, { name: 'slow', query: 'slow', above: 1 }, high('a'));
  expect(await firing(readings)).toHaveLength(1);
  expect(readings.problem?.()).toBe('rule slow: no answer in time');
  api.slow = /./;
  api.nowMs += minute;
  await expect(firing(readings)).rejects.toThrow('no answer in time');
  expect(sources(readings)).toEqual([]);
});

test('a rule that is refused is told by name, and keeps no other from being asked', async () => {
  const api = new Scripted({ a: () => 20 });
  const readings = asked(api, { name: 'wrong', query: 'refused', above: 1 }, high('a'));
  expect(await firing(readings)).toHaveLength(1);
  expect(sources(readings)).toEqual(['prometheus/main/a']);
  expect(readings.problem?.()).toBe('rule wrong: a typing error');
});

test('a series that is gone goes on firing for an hour, also for a process that never saw it', async () => {
  const api = new Scripted({ load: (atMs) => (atMs < startMs - 10 * minute ? 20 : null) });
  expect(await firing(asked(api, high('load')))).toHaveLength(1);
  api.nowMs += 60 * minute;
  expect(await firing(asked(api, high('load')))).toEqual([]);
});

test('our clock may be set back: the rules are asked, and nothing fires for that', async () => {
  const api = new Scripted({ load: (atMs) => (atMs >= startMs - minute ? 20 : 5) });
  const readings = asked(api, high('load'));
  await firing(readings);
  api.nowMs -= 24 * 60 * minute;
  api.asked = [];
  expect(await firing(readings)).toEqual([]);
  expect(api.asked).toEqual(['load', 'back load']);
});

test('by a clock that is six hours ahead the past is looked up where it is, and told by ours', async () => {
  const aheadMs = 6 * 60 * minute;
  const api = new Scripted({ load: (atMs) => (atMs >= startMs + aheadMs - 10 * minute ? 20 : 5) });
  api.aheadMs = () => aheadMs;
  const [[service, sinceMinutes] = []] = await firing(asked(api, high('load')));
  expect(service).toBe('load');
  expect(sinceMinutes).toBeGreaterThan(-11);
  expect(sinceMinutes).toBeLessThan(-8);
});
