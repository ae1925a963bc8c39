import { z } from 'zod';
import type { Action } from './action.ts';
import { found, notFound } from './parameters.ts';
import { free, none } from './replicas.ts';
import * as words from './words.ts';

/** No plan may ask for more, whatever the rate did: beyond it a person should decide about capacity. */
export const maxReplicas = 20;
/** And at most this many times what there was. */
const maxScaleFactor = 3;
/** When no rate was measured: twice the capacity is the usual first answer to a surge. */
const defaultRateRatio = 2;

/** Another number of replicas, as an absolute count: asking twice changes nothing. */
export const scale: Action = {
  summary: 'Changes the number of replicas.',
  parameters: z.strictObject({ replicas: z.int().min(1).max(maxReplicas) }),
  choose({ desiredReplicas }, { rateRatio }) {
    const replicas = scaledReplicas(desiredReplicas, rateRatio ?? defaultRateRatio);
    return replicas > desiredReplicas
      ? found({ replicas })
      : notFound(`${desiredReplicas} replicas are as many as allowed`);
  },
  inverse: { action: 'scale', parameters: ({ desiredReplicas }) => ({ replicas: desiredReplicas }) },
  cost({ desiredReplicas }, { replicas }) {
    const lost = Math.max(0, desiredReplicas - Number(replicas));
    return lost === 0 ? free : { downtimeSeconds: 0, blastRadius: lost / Math.max(1, desiredReplicas) };
  },
  risks: ['low', 'medium', 'high'],
  risk: ({ blastRadius }) => (blastRadius === 0 ? 'low' : blastRadius > 0.5 ? 'high' : 'medium'),
  timesPerIncident: 1,
  settleSeconds: 3,
  dependsOn: ({ desiredReplicas }) => ({ replicas: desiredReplicas }),
  expect: (before, { replicas }) => ({ ...before, desiredReplicas: Number(replicas) }),
  replaces: none,
  describe: ({ desiredReplicas }, { replicas }) => ({
    before: words.replicas(desiredReplicas),
    after: words.replicas(Number(replicas)),
  }),
};

/**
 * Replicas for `rateRatio` times the former demand: at least one more, at most `maxScaleFactor` times as many and
 * `maxReplicas` in all. The same number means that no more are allowed.
 */
export function scaledReplicas(current: number, rateRatio: number): number {
  const ratio = Number.isFinite(rateRatio) ? rateRatio : defaultRateRatio;
  const wanted = Math.max(current + 1, Math.ceil(current * ratio - 0.001));
  return Math.max(current, Math.min(wanted, current * maxScaleFactor, maxReplicas));
}
