// Warning events as alerts: one for each reason and what it is about, with how often it happened within the reason's own time, and
// over when it has not happened again for as long. What a condition of the same workload says already is not said twice.

import { matchesGlob } from '../../../domain/glob.ts';
import type { Severity } from '../../../domain/scope.ts';
import type { KubernetesSettings } from '../settings.ts';
import type { Heard } from './collection.ts';
import { type Condition, keyOf } from './conditions.ts';
import type { WarningFacts } from './facts.ts';
import type { Belongs } from './view.ts';

type Habit = { readonly least: number; readonly quietSeconds: number; readonly severity: Severity };

/** What happens while all goes well, too: at a start, between two tries. Kubelets try again within two minutes, and tell a back-off every five. */
const usual: Habit = { least: 10, quietSeconds: 600, severity: 'info' };
const known: readonly (readonly [RegExp, Partial<Habit>])[] = [
  [/^(SystemOOM|OOMKilling|Evicted|NodeNotReady|FailedDaemonPod)$/, { least: 1, severity: 'warning' }],
  [
    /^(FailedMount|FailedAttachVolume|FailedMapVolume|VolumeResizeFailed)$/,
    { least: 3, severity: 'warning' },
  ],
  [
    /^(FailedCreatePodSandBox|FailedCreate|FailedKillPod|Failed|ErrImagePull|ImagePullBackOff|InspectFailed)$/,
    { least: 3, severity: 'warning' },
  ],
  [
    /^(FailedPostStartHook|FailedPreStopHook|ProvisioningFailed|InsufficientFreeCPU|InsufficientFreeMemory)$/,
    { least: 3, severity: 'warning' },
  ],
  [/^(BackOff|Unhealthy|FailedScheduling|NetworkNotReady)$/, { least: 5, severity: 'warning' }],
];

/** What the conditions of the same workload tell. */
const toldBy: Readonly<Record<string, RegExp>> = {
  'crash-loop': /^(BackOff|Failed|Unhealthy)$/,
  image: /^(BackOff|Failed|ErrImagePull|ImagePullBackOff|InspectFailed)$/,
  start: /^(BackOff|Failed|FailedPostStartHook)$/,
  unschedulable: /^FailedScheduling$/,
  'no-pods': /^FailedCreate$/,
  'not-ready': /^Unhealthy$/,
};

/** Of one event, by the cluster's clock. */
type Occurrence = { atMs: number; times: number };
const mostOccurrences = 60;

export type Warnings = {
  note(heard: Heard<WarningFacts>, clusterMs: number): void;
  /** `beside`: what else is wrong. `aheadMs`: how much further than ours the cluster's clock is. */
  conditions(
    about: (warning: WarningFacts) => Belongs,
    beside: readonly Condition[],
    aheadMs: number,
    nowMs: number,
  ): readonly Condition[];
};

export function createWarnings({ warnings }: Pick<KubernetesSettings, 'warnings'>): Warnings {
  const events = new Map<string, { facts: WarningFacts; recent: Occurrence[]; of: Belongs | null }>();
  const habits = new Map<string, Habit | null>();

  function habitOf(reason: string): Habit | null {
    const remembered = habits.get(reason);
    if (remembered !== undefined) return remembered;
    const habit = warnings === false ? null : habitFor(reason, warnings.reasons);
    if (habits.size >= 1_000) habits.clear();
    habits.set(reason, habit);
    return habit;
  }

  return {
    note({ before, after }, clusterMs) {
      if (after === null) {
        if (before !== null) events.delete(before.uid);
        return;
      }
      const habit = habitOf(after.reason);
      if (habit === null) return;
      const one = events.get(after.uid) ?? { facts: after, recent: [], of: null };
      const times =
        before === null ? withinQuiet(after, habit.quietSeconds * 1_000) : after.count - before.count;
      if (times > 0) one.recent.push({ atMs: after.lastMs ?? clusterMs, times });
      if (one.recent.length > mostOccurrences) one.recent.shift();
      one.facts = after;
      events.set(after.uid, one);
    },

    conditions(about, beside, aheadMs, nowMs) {
      const told = new Map<string, Set<string>>();
      for (const { of, trouble } of beside)
        told.set(keyOf(of, ''), (told.get(keyOf(of, '')) ?? new Set()).add(trouble));
      const found = new Map<string, Group>();
      for (const one of events.values()) {
        const habit = habitOf(one.facts.reason);
        if (habit === null) continue;
        const fromMs = nowMs + aheadMs - habit.quietSeconds * 1_000;
        one.recent = one.recent.filter(({ atMs }) => atMs > fromMs);
        if (one.recent.length === 0) continue;
        const of = about(one.facts);
        // A pod that is gone was a pod of its workload.
        if (of.workload !== null || one.of === null) one.of = of;
        gather(found, one.of, one.facts, one.recent, habit);
      }
      return [...found.values()]
        .filter(({ of, reason, times, habit }) => times >= habit.least && !isTold(told, of, reason))
        .map((group) => conditionOf(group, aheadMs, nowMs));
    },
  };
}

type Group = {
  readonly of: Belongs;
  readonly reason: string;
  readonly habit: Habit;
  times: number;
  sinceMs: number;
  lastMs: number;
  facts: WarningFacts;
  readonly objects: Set<string>;
};

function gather(
  found: Map<string, Group>,
  of: Belongs,
  facts: WarningFacts,
  recent: readonly Occurrence[],
  habit: Habit,
): void {
  const key = keyOf(of, facts.reason);
  const times = recent.reduce((sum, one) => sum + one.times, 0);
  const sinceMs = Math.min(...recent.map(({ atMs }) => atMs));
  const lastMs = Math.max(...recent.map(({ atMs }) => atMs));
  const group = found.get(key);
  const { reason, about } = facts;
  if (group === undefined) {
    found.set(key, { of, reason, habit, times, sinceMs, lastMs, facts, objects: new Set([about.name]) });
    return;
  }
  group.times += times;
  group.sinceMs = Math.min(group.sinceMs, sinceMs);
  group.objects.add(about.name);
  if (lastMs < group.lastMs) return;
  group.lastMs = lastMs;
  group.facts = facts;
}

function conditionOf(
  { of, reason, habit, times, sinceMs, facts, objects }: Group,
  aheadMs: number,
  nowMs: number,
): Condition {
  const kind = facts.about.kind.toLowerCase() || 'object';
  const others = objects.size - 1;
  const more = others === 0 ? '' : ` (and ${others} more)`;
  const often = times === 1 ? '' : `, ${times} times`;
  return {
    ...{
      of,
      sinceMs: Math.min(nowMs, sinceMs - aheadMs),
      severity: habit.severity,
      pod: kind === 'pod' ? facts.about.name : '',
    },
    trouble: `event-${reason}`,
    title: `${reason} of ${kind} ${facts.about.name}${more}${often}: ${facts.message}`,
  };
}

function isTold(told: ReadonlyMap<string, ReadonlySet<string>>, of: Belongs, reason: string): boolean {
  return [...(told.get(keyOf(of, '')) ?? [])].some((trouble) => toldBy[trouble]?.test(reason) === true);
}

/** Of one that was there before anybody looked: its share of the time that it has been going on for. */
function withinQuiet({ count, firstMs, lastMs }: WarningFacts, quietMs: number): number {
  const forMs = firstMs === null || lastMs === null ? 0 : lastMs - firstMs;
  return forMs <= quietMs ? count : Math.max(1, Math.ceil((count * quietMs) / forMs));
}

type Reasons = Exclude<KubernetesSettings['warnings'], false>['reasons'];

/** The first pattern that fits, over what is usual for the reason. */
function habitFor(reason: string, reasons: Reasons): Habit | null {
  const own = Object.entries(reasons).find(([pattern]) => matchesGlob(pattern, reason))?.[1] ?? {};
  if (own === false) return null;
  const its = known.find(([pattern]) => pattern.test(reason))?.[1] ?? {};
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return { ...usual, ...its, ...given };
}
