/**
 * Actions under faults, forward and back, with the vendor's own count as the witness: no effect happens twice, and nothing that is
 * told contradicts it.
 */
import type { ExecuteResult } from '../../../../activities/types.ts';
import { type TargetRef, targetKey } from '../../../../domain/inventory/target.ts';
import type { ActionParameters } from '../../../../domain/remediation/actions/action.ts';
import { type ActionId, actions } from '../../../../domain/remediation/actions/index.ts';
import { inverseOf } from '../../../../domain/remediation/catalogue.ts';
import type { Intent } from '../../../../domain/remediation/intent.ts';
import { factsFor, stateAfter } from '../../../../domain/remediation/precondition.ts';
import type { TargetState } from '../../../../domain/remediation/target.ts';
import { seededRandom } from '../../../../lab/support/random.ts';
import { memoryGate } from '../../../support/memory-gate.ts';
import { executed } from '../worker.ts';
import { drifts, type Fault, faults, isPossible, type Try, underFault } from './faults.ts';
import type { MatrixHarness } from './harness.ts';
import { held, paces } from './held.ts';

export type Case = {
  readonly action: ActionId;
  readonly direction: Intent['direction'];
  /** The first meets the first try, the second the next; then there is one without any. */
  readonly faults: readonly Fault[];
  /** As the vendor counts. */
  readonly effects: number;
  /** How it was told in the end. */
  readonly told: string;
  /** How what was told contradicts the vendor; null when it does not. */
  readonly lie: string | null;
};

/** So many forward effects under faults that the seed chooses; each is undone, under the same ones. */
export type Wanted = {
  readonly forward: number;
  readonly seed: number;
  /** Only these: others take the vendor too long. */
  readonly actions?: readonly ActionId[];
};

/** Nothing happened twice, nothing was told that is not so, and something happened at all. */
export function isSound(cases: readonly Case[]): boolean {
  return (
    cases.every(({ effects, lie }) => effects <= 1 && lie === null) &&
    cases.some(({ effects }) => effects > 0)
  );
}

export async function matrix(
  harness: MatrixHarness,
  { forward, seed, actions: wanted }: Wanted,
  heard: (one: Case) => void = () => {},
): Promise<readonly Case[]> {
  const random = seededRandom(seed);
  const possible = faults.filter((fault) => isPossible(fault, harness));
  const later = possible.filter((fault) => !drifts.includes(fault));
  const cases: Case[] = [];
  const run = async (intent: Intent, under: readonly Fault[]): Promise<Case> => {
    const one = await tried(harness, intent, under, random);
    cases.push(one);
    heard(one);
    return one;
  };
  const places = possible.map(() => Math.floor(random() * later.length));
  for (let number = 0; number < forward; number += 1) {
    const target = await harness.target();
    const before = await stateOf(harness, target);
    // Every fault comes first, in turn; with each round it meets another action, and another fault after it.
    const [turn, round] = [number % possible.length, Math.floor(number / possible.length)];
    const step = stepFor(before, wanted ?? before.supports, turn + round, random);
    const second = later[((places[turn] ?? 0) + round) % later.length] ?? 'none';
    const under = [possible[turn] ?? 'none', second];
    const intent = await intentOn(harness, target, step);
    const done = await run(intent, under);
    const inverse = inverseOf(step.action, intent.before, step.parameters);
    if (inverse === null || done.effects === 0 || hasDrift(under)) continue;
    const undo = { direction: 'compensation', undoes: intent.id } as const;
    await run(await intentOn(harness, target, inverse, undo), [oneOf(later, random), oneOf(later, random)]);
    // A second undo of the same thing, whatever the faults left of the first one.
    await run(await intentOn(harness, target, inverse, undo), []);
  }
  return cases;
}

/** Of the actions that the target supports and that have something to do there, each in turn. */
function stepFor(
  before: TargetState,
  wanted: readonly ActionId[],
  number: number,
  random: () => number,
): { readonly action: ActionId; readonly parameters: ActionParameters } {
  const named = before.replicas[0]?.id;
  const resourceId = random() < 0.5 ? named : undefined;
  const choices = before.supports.flatMap((action) => {
    if (!wanted.includes(action)) return [];
    // Of some actions one replica has to be named.
    const chosen = [resourceId, named]
      .map((id) => actions[action].choose?.(before, { resourceId: id, rateRatio: 1.2 }))
      .find((one) => one?.ok === true);
    return chosen?.ok === true ? [{ action, parameters: chosen.parameters }] : [];
  });
  const chosen = choices[number % choices.length];
  if (chosen === undefined) throw new Error(`nothing can be done to ${targetKey(before.target)}`);
  return chosen;
}

let fence = 0;

async function intentOn(
  harness: MatrixHarness,
  target: TargetRef,
  step: { readonly action: ActionId; readonly parameters: ActionParameters },
  more: Partial<Intent> = {},
): Promise<Intent> {
  const before = await stateOf(harness, target);
  const touches = actions[step.action].touches?.(before, step.parameters);
  fence += 1;
  const intent: Intent = {
    ...{ id: `matrix-${process.pid}-${fence}`, incidentId: 'incident/test/matrix/1' },
    ...{ planHash: 'p'.repeat(64), step: 0, direction: 'forward' },
    ...{ target, executor: before.executor, fence: Math.floor(Date.now() / 1_000) * 1_000 + fence },
    ...{ before, ...step, expects: [factsFor(step, before)] },
    ...(touches === undefined ? {} : { touches }),
    ...more,
  };
  await harness.made?.(intent);
  return intent;
}

async function tried(
  harness: MatrixHarness,
  intent: Intent,
  under: readonly Fault[],
  random: () => number,
): Promise<Case> {
  const { clock } = harness;
  const gate = memoryGate(intent, clock.nowMs);
  let drifted = false;
  const drift: Try['drift'] = async (noticed) => {
    await harness.drift(intent);
    const now = await stateOf(harness, intent.target);
    drifted =
      dependsOnChanged(intent, now) || (noticed === 'any-change' && now.revision !== intent.before.revision);
  };
  for (const fault of under) {
    await underFault(fault, { harness, gate, intent, random, drift });
    await harness.faults.heal();
  }
  const told = await executed(held(harness.executor(), clock), gate, intent, paces, clock);
  // What is still on its way arrives when everything has been told.
  await clock.settle();
  const effects = await harness.effects(intent);
  const overwritten = drifted && effects > 0 ? "somebody else's change was overwritten" : null;
  const lie =
    lieOf(told, effects) ?? overwritten ?? (await wrongState(harness, intent, told, effects, under));
  const { action, direction } = intent;
  return { action, direction, faults: under, effects, told: wordsOf(told), lie };
}

const hasDrift = (under: readonly Fault[]) => under.some((fault) => drifts.includes(fault));

function dependsOnChanged(intent: Intent, now: TargetState): boolean {
  return JSON.stringify(factsFor(intent, now)) !== JSON.stringify(factsFor(intent, intent.before));
}

function lieOf(told: ExecuteResult, effects: number): string | null {
  if (told.kind === 'applied' && effects === 0) return 'told as done, and nothing happened';
  if (told.kind === 'failed' && told.certain && effects > 0) return 'told as not done, and it happened';
  if (told.kind === 'blocked' && !told.sent && effects > 0) return 'told as never sent, and it happened';
  return null;
}

/** What can be seen of the target is what was told. */
async function wrongState(
  harness: MatrixHarness,
  intent: Intent,
  told: ExecuteResult,
  effects: number,
  under: readonly Fault[],
): Promise<string | null> {
  if (hasDrift(under) || (told.kind === 'failed' && !told.certain)) return null;
  // A restart leaves other processes behind, and nothing else to compare.
  if (effects > 0 && actions[intent.action].inverse === 'nothing-to-undo') return null;
  const now = factsFor(intent, await stateOf(harness, intent.target));
  const expected = factsFor(intent, effects > 0 ? stateAfter(intent.before, intent) : intent.before);
  const [is, was] = [JSON.stringify(now), JSON.stringify(expected)];
  return is === was ? null : `after ${effects} effects the target is ${is}, not ${was}`;
}

function wordsOf(told: ExecuteResult): string {
  switch (told.kind) {
    case 'applied':
      return 'applied';
    case 'failed':
      return `${told.certain ? 'failed' : 'uncertain'}: ${told.reason}`;
    case 'blocked':
      return `blocked: ${told.reason}: ${told.detail}`;
    default:
      return told.kind;
  }
}

export async function stateOf(harness: MatrixHarness, target: TargetRef): Promise<TargetState> {
  const seen = await harness.executor().observe(target.environment, target.service);
  const state = seen.find((one) => targetKey(one.target) === targetKey(target));
  if (state === undefined) throw new Error(`${targetKey(target)} is not there`);
  return state;
}

function oneOf<T>(all: readonly T[], random: () => number): T {
  const one = all[Math.floor(random() * all.length)];
  if (one === undefined) throw new Error('there is none to choose from');
  return one;
}
