// Louder logs, and nothing else: no user feels it, no resource shows it.

import { anyTrouble, type HypothesisTest } from '../context.ts';
import { noOwnTroubleFact } from '../facts-calls.ts';
import { logsFact } from '../facts-resources.ts';

export const logNoise: HypothesisTest = (context, { service, signs }) => {
  const { logs } = service;
  const reported = context.input.anomalies.some(
    ({ signal, scope }) => signal === 'logs' && scope.service === service.service,
  );
  const louder = logs.louderTemplates > 0 || logs.nowPerSecond > 2 * logs.beforePerSecond + 1;
  if (!louder && !reported) return null;
  if (anyTrouble(context) || signs.silence !== null || context.input.calls.length === 0) return null;
  return {
    cause: 'log-noise',
    service: service.service,
    score: reported ? 0.85 : 0.5,
    reason: 'It logs much more, but its users and resources are fine.',
    evidenceFor: [logsFact(context, service), noOwnTroubleFact(context, service)],
    evidenceAgainst: [],
  };
};
