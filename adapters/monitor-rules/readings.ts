// A system that answers queries, as a watched one: each rule is asked for at its own pace, and what it shows is told, as alerts and as telemetry. What
// is not known does not end: a rule that cannot be asked leaves its alerts as they are, and its neighbours alone.

import { type Firing, RuleState } from '../../domain/alerts/rule-state.ts';
import type { AlertEvent, GaugePoint } from '../../domain/observation.ts';
import type { Readings } from '../../ingest/watched.ts';
import type { Monitored } from '../monitor-vendor.ts';
import { type Course, type Labels, QueryRefused, type RuleApi, TooSlow, type Value } from './api.ts';
import type { Rule } from './rules.ts';
import { createSubjectReader, keyOf, type SubjectSettings } from './subject.ts';

/** Of one rule; what is beyond is told as a problem. */
const mostSeries = 1_000;
/** Points that the course of a series is looked at again with. */
const coursePoints = 60;
const leastStepSeconds = 5;
const leastGapMs = 60_000;

type Asked = {
  readonly rule: Rule;
  readonly source: string;
  /** Null until it was asked for the first time. */
  state: RuleState<Labels> | null;
  nextMs: number;
  answeredMs: number;
  values: readonly Value[];
  /** By environment: whether the newest values have been told. */
  readonly told: Set<string>;
  /** Why the last answer was none, or not whole. */
  problem: string | null;
  failed: boolean;
};

/** `type`: begins the name of the source of its alerts. */
export function createRuleReadings(
  type: string,
  settings: Monitored & { readonly goneSeconds: number; readonly labels: SubjectSettings },
  rules: readonly Rule[],
  api: RuleApi,
  nowMs: () => number,
): Readings {
  const { name, environments, goneSeconds } = settings;
  const [defaultEnvironment = ''] = environments;
  const subjectOf = createSubjectReader(settings.labels);
  const all: readonly Asked[] = rules.map((rule) => ({
    ...{ rule, source: `${type}/${name}/${rule.name}`, state: null, nextMs: 0, answeredMs: 0 },
    ...{ values: [], told: new Set<string>(), problem: null, failed: false },
  }));

  function stateOf({ fires, limit, forMs }: Rule): RuleState<Labels> {
    const byLimit = fires === 'above' || fires === 'below';
    return new RuleState({
      holds: (value) => !byLimit || (fires === 'above' ? value > limit : value < limit),
      forMs,
      goneMs: byLimit ? goneSeconds * 1_000 : 0,
    });
  }

  /** As if it had been asked for all along, so that neither a start nor a time without answers begins to count anew. */
  async function lookBack({ rule }: Asked, atMs: number, signal: AbortSignal): Promise<RuleState<Labels>> {
    const state = stateOf(rule);
    const backSeconds = Math.ceil(rule.forMs / 1_000) + goneSeconds;
    const stepSeconds = Math.max(leastStepSeconds, Math.ceil(backSeconds / coursePoints));
    const aheadMs = api.aheadMs();
    const toSeconds = Math.floor((atMs + aheadMs) / 1_000);
    const fromSeconds = toSeconds - Math.floor(backSeconds / stepSeconds) * stepSeconds;
    try {
      const courses = await api.range(rule.query, { fromSeconds, toSeconds, stepSeconds }, signal);
      for (const [seenMs, values] of looksIn(courses, fromSeconds, toSeconds, stepSeconds))
        state.observe(seenMs - aheadMs, seenOf(rule, values));
    } catch (error) {
      // A query that is too much for an hour may do for an instant.
      if (!(error instanceof QueryRefused)) throw error;
    }
    return state;
  }

  async function ask(one: Asked, signal: AbortSignal): Promise<void> {
    const { rule } = one;
    const atMs = nowMs();
    const isLate = Math.abs(atMs - one.answeredMs) > Math.max(leastGapMs, 3 * rule.everyMs);
    // First, because an answer tells what the clock is over there.
    const answer = await api.instant(rule.query, signal);
    const state = one.state === null || isLate ? await lookBack(one, atMs, signal) : one.state;
    const values = answer.slice(0, mostSeries);
    state.observe(atMs, seenOf(rule, values));
    one.state = state;
    one.values = values;
    one.told.clear();
    one.answeredMs = atMs;
    one.problem =
      answer.length > mostSeries ? `finds ${answer.length} series, of which ${mostSeries} are taken` : null;
  }

  async function askAll(signal: AbortSignal): Promise<void> {
    const due = all.filter(({ nextMs }) => Math.abs(nextMs - nowMs()) > longestMs || nextMs <= nowMs());
    for (const one of due.toSorted((left, right) => left.nextMs - right.nextMs)) {
      try {
        await ask(one, signal);
        one.failed = false;
      } catch (error) {
        one.failed = true;
        // The others would have to wait as long for no answer: the next look goes on with them.
        if (!(error instanceof QueryRefused)) throw error;
        one.problem = error.message;
        one.nextMs = nowMs() + one.rule.everyMs;
        // One that is slow by itself is told as its own problem; when all are, nothing answers.
        if (error instanceof TooSlow && all.every(({ failed }) => failed)) throw error;
      }
      one.nextMs = nowMs() + one.rule.everyMs;
    }
  }

  function alertOf({ rule, source }: Asked, { key, value, labels, sinceMs }: Firing<Labels>): AlertEvent {
    return {
      ...{ kind: 'alert', id: `${rule.name}/${key}`, status: 'firing', source, severity: rule.severity },
      scope: subjectOf(rule, labels, defaultEnvironment),
      atMs: sinceMs,
      title: rule.title(value, { ...labels, ...rule.labels }),
      attributes: {},
      labels: { ...labels, ...rule.labels, alertname: rule.name },
    };
  }

  function gaugesOf({ rule, values, answeredMs, told }: Asked, environment: string): readonly GaugePoint[] {
    const { metric } = rule;
    if (metric === null || told.has(environment)) return [];
    told.add(environment);
    return values.map(({ labels, value }) => ({
      ...{ kind: 'gauge', metric: metric.name, unit: metric.unit, value, atMs: answeredMs },
      scope: subjectOf(rule, labels, defaultEnvironment),
      attributes: attributesOf(labels, metric.attributes),
    }));
  }

  let elsewhere: ReadonlySet<string> = new Set();

  return {
    async read(environment, signal) {
      await askAll(signal);
      const alerts = all.flatMap((one) => (one.state?.firing() ?? []).map((firing) => alertOf(one, firing)));
      elsewhere = new Set(
        alerts.map(({ scope }) => scope.environment).filter((one) => !environments.includes(one)),
      );
      const gauges = all.flatMap((one) => gaugesOf(one, environment));
      return [...alerts, ...gauges].filter(({ scope }) => scope.environment === environment);
    },
    alertsFrom: () => all.flatMap(({ source, state, failed }) => (state === null || failed ? [] : [source])),
    problem() {
      const bad = all.flatMap(({ rule, problem }) =>
        problem === null ? [] : [`rule ${rule.name}: ${problem}`],
      );
      for (const one of elsewhere) bad.push(`what it says of ${one} is left out: not among its environments`);
      const more = bad.length > 1 ? ` (and ${bad.length - 1} more)` : '';
      return bad.length === 0 ? null : `${bad[0]}${more}`;
    },
  };
}

/** Further off than any rule is due: our clock was set. */
const longestMs = 2 * 3_600_000;

/** Of a rule about nothing being there, that nothing is there is what is seen. */
function seenOf({ fires }: Rule, values: readonly Value[]) {
  if (fires === 'none') return values.length === 0 ? [{ key: keyOf({}), value: 1, labels: {} }] : [];
  return values.map(({ labels, value }) => ({ key: keyOf(labels), value, labels }));
}

/** Every step with what was to be seen at it. */
function* looksIn(
  courses: readonly Course[],
  fromSeconds: number,
  toSeconds: number,
  stepSeconds: number,
): Generator<readonly [atMs: number, values: readonly Value[]]> {
  const at = new Map<number, Value[]>();
  for (const { labels, points } of courses.slice(0, mostSeries))
    for (const { atMs, value } of points) {
      const values = at.get(atMs);
      if (values === undefined) at.set(atMs, [{ labels, value }]);
      else values.push({ labels, value });
    }
  for (let seconds = fromSeconds; seconds <= toSeconds; seconds += stepSeconds)
    yield [seconds * 1_000, at.get(seconds * 1_000) ?? []];
}

const ofTheScrape = new Set(['job', 'instance', 'endpoint', 'prometheus', 'prometheus_replica']);

function attributesOf(labels: Labels, kept: readonly string[] | null): Labels {
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) => (kept === null ? !ofTheScrape.has(name) : kept.includes(name))),
  );
}
