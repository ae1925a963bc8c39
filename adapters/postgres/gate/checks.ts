// The questions the gate asks, each about what is stored at this moment, inside its transaction. A check answers with a
// refusal or with null; the order they are asked in is in gate.ts.

import { type Kysely, type RawBuilder, sql } from 'kysely';
import { targetText } from '../../../domain/inventory/target.ts';
import type { People } from '../../../domain/policy/people.ts';
import type { Verdict } from '../../../domain/policy/verdict.ts';
import type { GateRefusal, NeededApproval } from '../../../domain/remediation/intent.ts';
import type { LimitsConfig } from '../../../domain/remediation/limits.ts';
import { protectedTarget } from '../../../domain/remediation/obstacles.ts';
import type { Sighting } from '../../../domain/remediation/precondition.ts';
import { silencedText } from '../../../domain/silences/silence.ts';
import type { Schema } from '../database/schema.ts';
import { engagedSwitch } from '../kill-switch.ts';
import type { SilenceBook } from '../silences/book.ts';
import { silencedAction } from '../silences/members.ts';
import { forbiddenByStop } from '../stops.ts';
import { breakerOpen } from './breaker.ts';
import { type Effect, keyText } from './effect.ts';
import { holding } from './intents.ts';
import { openBreaker } from './outcomes.ts';

export type GateLimits = LimitsConfig & {
  /** How soon after its record a call must begin. */
  readonly sendWithinMs: number;
  /** Whether nothing is done without a person while Sentinel is overloaded. */
  readonly lagLowersAutonomy: boolean;
};

export type Question = {
  readonly effect: Effect;
  /** Policy's verdict: as it was told when the plan was made, and as it is now. */
  readonly verdict: Verdict | null;
  readonly verdictNow: Verdict;
  readonly people: People;
  readonly protection: (environment: string, key: string) => string | null;
  readonly limits: GateLimits;
  readonly silences: SilenceBook;
  readonly sighting: Sighting;
  readonly nowMs: number;
};

export type Refusal = {
  readonly reason: GateRefusal;
  readonly detail: string;
  /** What people would have to say for the gate to let it through. */
  readonly needs?: NeededApproval;
};
export type Check = (trx: Kysely<Schema>, question: Question) => Promise<Refusal | null>;

export const killSwitch: Check = async (trx, { effect }) => {
  const engaged = await engagedSwitch(trx, effect.content.target.environment);
  return engaged === null ? null : { reason: 'kill-switch', detail: engaged };
};

/** Nobody acts on what is silenced for actions, nor for an incident all of which is. */
export const silenced: Check = async (trx, { effect, silences, nowMs }) => {
  const holding = await silencedAction(trx, await silences.current(trx), effect.content, nowMs);
  return holding === null ? null : { reason: 'silenced', detail: silencedText(holding) };
};

/** A person took the incident over or aborted it; what was let out before that is looked for, not sent again. */
export const personsStop: Check = async (trx, { effect }) => {
  const detail = await forbiddenByStop(trx, effect.content.incidentId, effect.content.direction);
  return detail === null ? null : { reason: 'stopped', detail };
};

/** Nothing that it takes hold of is protected: what it touches besides its target has no sighting of its own. */
export const unprotected: Check = async (_trx, { effect, protection }) => {
  for (const key of effect.keys) {
    const why = protection(effect.content.target.environment, key);
    if (why !== null) return protectedTarget(keyText(effect, key), why);
  }
  return null;
};

/** Locked against recordEvents: the incident is not closed while its effect is being let out. */
export const incidentOpen: Check = async (trx, { effect }) => {
  const closed = await closedIncident(trx, effect.content.incidentId);
  return closed === null ? null : { reason: 'incident-closed', detail: closed };
};

/** Why nothing is done for this incident any more; null while it is open. Nobody closes it until the transaction ends. */
export async function closedIncident(trx: Kysely<Schema>, incidentId: string): Promise<string | null> {
  const incident = await trx
    .selectFrom('incidents')
    .select('status')
    .where('id', '=', incidentId)
    .forShare()
    .executeTakeFirst();
  if (incident === undefined) return 'there is no incident with this id';
  const episode = await trx
    .selectFrom('episodes')
    .select(['environment', 'closed_at_ms'])
    .where('incident_id', '=', incidentId)
    .executeTakeFirst();
  if (incident.status === 'handed-over') return 'the incident is in the hands of a person';
  const closed = incident.status === 'closed' || (episode !== undefined && episode.closed_at_ms !== null);
  return closed ? 'the incident is closed' : null;
}

/** An incident begins where telemetry is correlated, in its own environment. Whoever only tells of one has not opened it. */
export const openedHere: Check = async (trx, { effect }) => {
  const { incidentId, target } = effect.content;
  const episode = await trx
    .selectFrom('episodes')
    .select('environment')
    .where('incident_id', '=', incidentId)
    .executeTakeFirst();
  if (episode === undefined)
    return { reason: 'not-opened', detail: 'no recorded anomaly opened this incident' };
  if (episode.environment === target.environment) return null;
  return { reason: 'not-opened', detail: `the incident is one of ${episode.environment}` };
};

export const currentPlan: Check = async (trx, { effect }) => {
  const incident = await trx
    .selectFrom('incidents')
    .select('plan_hash')
    .where('id', '=', effect.content.incidentId)
    .executeTakeFirst();
  if (incident?.plan_hash === effect.content.planHash) return null;
  return {
    reason: 'plan-changed',
    detail: `the plan of the incident is now ${incident?.plan_hash ?? 'none'}`,
  };
};

/** A step needs all before it in the world, and nothing of its plan taken back. */
export const stepOrder: Check = async (trx, { effect }) => {
  const { incidentId, planHash, step } = effect.content;
  const intents = await trx
    .selectFrom('intents')
    .select(['step', 'direction', 'status'])
    .where('incident_id', '=', incidentId)
    .where('plan_hash', '=', planHash)
    .execute();
  if (intents.some((one) => one.direction === 'compensation')) {
    return { reason: 'out-of-order', detail: 'the plan is being undone' };
  }
  const applied = new Set(intents.filter((one) => one.status === 'applied').map((one) => one.step));
  for (let before = 0; before < step; before += 1) {
    if (!applied.has(before)) return { reason: 'out-of-order', detail: `step ${before} is not applied` };
  }
  return null;
};

export const once: Check = async (trx, { effect }) => {
  const earlier = await trx
    .selectFrom('intents')
    .select('id')
    .where('incident_id', '=', effect.content.incidentId)
    .where('step_key', '=', effect.stepKey)
    .where('direction', '=', 'forward')
    .executeTakeFirst();
  if (earlier === undefined) return null;
  return {
    reason: 'once-rule',
    detail: `${effect.stepKey} was already tried in this incident (${earlier.id})`,
  };
};

/** What is counted, and over how long. */
type Limit = {
  readonly most: number;
  readonly of: 'target' | 'environment' | 'all';
  readonly span: 'minute' | 'hour';
};
const spanMs = { minute: 60_000, hour: 3_600_000 } as const;

export const rateLimits: Check = async (trx, { effect, limits, nowMs }) => {
  const { environment } = effect.content.target;
  const { targetKey } = effect;
  const ordered: readonly Limit[] = [
    { most: limits.effectsPerTargetPerMinute, of: 'target', span: 'minute' },
    { most: limits.effectsPerTargetPerHour, of: 'target', span: 'hour' },
    { most: limits.effectsPerEnvironmentPerMinute, of: 'environment', span: 'minute' },
    { most: limits.effectsPerEnvironmentPerHour, of: 'environment', span: 'hour' },
    { most: limits.effectsPerMinute, of: 'all', span: 'minute' },
    { most: limits.effectsPerHour, of: 'all', span: 'hour' },
  ];
  const since = (span: Limit['span']) => sql<number>`${nowMs - spanMs[span]}::bigint`;
  const count = (span: Limit['span'], only: RawBuilder<boolean>) =>
    sql<string>`count(*) filter (where ${only} and written_at_ms > ${since(span)})`;
  const only = {
    target: holding([targetKey]),
    environment: sql<boolean>`environment = ${environment}`,
    all: sql<boolean>`true`,
  };
  const counts = await trx
    .selectFrom('intents')
    .select(ordered.map(({ of, span }) => count(span, only[of]).as(`${of}_${span}`)))
    .where('direction', '=', 'forward')
    // What was never sent and never will be (a dry run) was no effect.
    .where((one) => one.or([one('status', '<>', 'failed'), one('sent_at_ms', 'is not', null)]))
    .where('written_at_ms', '>', since('hour'))
    .executeTakeFirstOrThrow();
  const where = {
    target: `on ${targetText(effect.content.target)}`,
    environment: `in ${environment}`,
    all: 'in all environments',
  };
  for (const { most, of, span } of ordered) {
    const found = Number((counts as Readonly<Record<string, string>>)[`${of}_${span}`]);
    if (found < most) continue;
    const within = span === 'hour' ? 'an hour' : 'a minute';
    return { reason: 'rate-limited', detail: `${found} effects ${where[of]} within ${within}` };
  }
  return null;
};

export const breaker: Check = async (trx, { effect, limits, nowMs }) => {
  const { environment } = effect.content.target;
  const latched = await openBreaker(trx, environment, effect.content.action);
  if (latched !== null)
    return { reason: 'breaker-open', detail: `${latched}; open until a person resets it` };
  const untilMs = await breakerOpen(trx, environment, limits, nowMs);
  if (untilMs === null) return null;
  const until = new Date(untilMs).toISOString();
  return {
    reason: 'breaker-open',
    detail: `too many effects in ${environment} did not help; open until ${until}`,
  };
};
