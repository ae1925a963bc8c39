// Somebody else's system says so; nothing measured agrees. A person has to look.

import { anyTrouble, type HypothesisTest } from '../context.ts';

export const reported: HypothesisTest = (context, { service }) => {
  const mine = context.input.anomalies.filter(
    ({ signal, scope }) => signal === 'reported' && scope.service === service.service,
  );
  const first = mine[0];
  if (first === undefined || anyTrouble(context)) return null;
  const evidence = context.book.note({
    source: 'alerts',
    provenance: 'reported',
    service: service.service,
    fromMs: first.onsetMs,
    toMs: first.detectedMs,
    finding: `${mine.length === 1 ? 'An alert' : `${mine.length} alerts`} from outside; nothing measured explains it.`,
    figures: { alerts: mine.length },
  });
  return {
    cause: 'reported',
    service: service.service,
    score: 0.4,
    reason: 'It was reported from outside, and nothing measured explains it.',
    evidenceFor: [evidence],
    evidenceAgainst: [],
  };
};
