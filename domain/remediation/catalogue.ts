// The typed catalogue: everything Sentinel can do to a target, and for each action its parameters, its inverse, what it
// costs and how dangerous it is. All of it is computed here from the state before, never taken from a model or a person.

import { z } from 'zod';
import { type ActionId, type ActionParameters, actionIds, type RiskLevel } from './actions.ts';
import { effects } from './effects.ts';
import type { TargetState } from './target.ts';

export type Inverse = { readonly action: ActionId; readonly parameters: ActionParameters };

export type CatalogueEntry = {
  /** Strict and bounded: a value it does not describe cannot reach an executor. */
  readonly parameters: z.ZodType<ActionParameters>;
  /** False when what it removes cannot be brought back. A restart removes nothing, so it counts as reversible. */
  readonly reversible: boolean;
  /** How long to wait after the effect before samples say something about it. */
  readonly settleSeconds: number;
  /** How often it may be tried on one target within one incident. */
  readonly timesPerIncident: number;
};

/** Names that executors give to things: what a version, a release or a task may be called. */
export const safeNamePattern = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}$/;
const safeName = z
  .string()
  .regex(safeNamePattern, 'letters, digits and . _ : / @ + - only, at most 100 of them');

/** No plan may ask for more, whatever the rate did: beyond it a person should decide about capacity. */
export const maxReplicas = 20;
/** And at most this many times what there was. */
export const maxScaleFactor = 3;

const once = 1;

export const catalogue: Readonly<Record<ActionId, CatalogueEntry>> = {
  restart: {
    parameters: z.strictObject({ taskId: safeName.optional() }),
    reversible: true,
    settleSeconds: 3,
    timesPerIncident: once,
  },
  scale: {
    parameters: z.strictObject({ replicas: z.int().min(1).max(maxReplicas) }),
    reversible: true,
    settleSeconds: 3,
    timesPerIncident: once,
  },
  'rollback-release': {
    parameters: z.strictObject({ to: safeName }),
    reversible: true,
    settleSeconds: 3,
    timesPerIncident: once,
  },
  'deploy-release': {
    parameters: z.strictObject({ release: safeName }),
    reversible: true,
    settleSeconds: 3,
    timesPerIncident: once,
  },
  'rollback-config': {
    parameters: z.strictObject({ to: safeName }),
    reversible: true,
    settleSeconds: 2,
    timesPerIncident: once,
  },
  'apply-config': {
    parameters: z.strictObject({ version: safeName }),
    reversible: true,
    settleSeconds: 2,
    timesPerIncident: once,
  },
  'clear-sandbox': {
    parameters: z.strictObject({}),
    reversible: false,
    settleSeconds: 2,
    timesPerIncident: once,
  },
  drain: {
    parameters: z.strictObject({ taskId: safeName }),
    reversible: true,
    settleSeconds: 2,
    timesPerIncident: once,
  },
  undrain: {
    parameters: z.strictObject({ taskId: safeName }),
    reversible: true,
    settleSeconds: 2,
    timesPerIncident: once,
  },
};

export type ParametersCheck =
  | { readonly ok: true; readonly parameters: ActionParameters }
  | { readonly ok: false; readonly reason: string };

/** Checks parameters against the schema of their action; the reason names the field and never repeats the value. */
export function checkParameters(action: ActionId, parameters: unknown): ParametersCheck {
  const result = catalogue[action].parameters.safeParse(parameters);
  if (result.success) return { ok: true, parameters: result.data };
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'parameters'}: ${message}`,
  );
  return { ok: false, reason: `${action}: ${problems.join('; ')}` };
}

export function isActionId(text: string): text is ActionId {
  return (actionIds as readonly string[]).includes(text);
}

/**
 * How a step is undone, from the state before it; null when there is nothing to undo (a restart) or no way back
 * (deleted files).
 */
export function inverseOf(
  action: ActionId,
  before: TargetState,
  parameters: ActionParameters,
): Inverse | null {
  switch (action) {
    case 'restart':
    case 'clear-sandbox':
      return null;
    case 'scale':
      return { action: 'scale', parameters: { replicas: before.desiredReplicas } };
    case 'rollback-release':
    case 'deploy-release':
      return { action: 'deploy-release', parameters: { release: before.release } };
    case 'rollback-config':
    case 'apply-config':
      return { action: 'apply-config', parameters: { version: before.config } };
    case 'drain':
      return { action: 'undrain', parameters: { taskId: parameters.taskId ?? '' } };
    case 'undrain':
      return { action: 'drain', parameters: { taskId: parameters.taskId ?? '' } };
  }
}

/** Seconds in which the target serves less than before, and the share of its capacity that is gone at the worst moment. */
export function costOf(
  action: ActionId,
  before: TargetState,
  parameters: ActionParameters,
): { readonly downtimeSeconds: number; readonly blastRadius: number } {
  return effects(action, before, parameters);
}

/**
 * Risk of a step. High: it may take the whole capacity away for good. Medium: it changes what runs (another release,
 * another configuration), or interrupts the only replica that serves. Low: the rest of the target carries on.
 */
export function riskOf(action: ActionId, before: TargetState, parameters: ActionParameters): RiskLevel {
  const { blastRadius } = costOf(action, before, parameters);
  switch (action) {
    case 'clear-sandbox':
      // Only files of the sandbox folder, which hold nothing that must be kept.
      return 'low';
    case 'undrain':
      return 'low';
    case 'restart':
      return blastRadius >= 1 ? 'medium' : 'low';
    case 'scale':
      return blastRadius === 0 ? 'low' : blastRadius > 0.5 ? 'high' : 'medium';
    case 'drain':
      return blastRadius >= 1 ? 'high' : 'low';
    case 'rollback-release':
    case 'deploy-release':
    case 'rollback-config':
    case 'apply-config':
      return 'medium';
  }
}
