/** A simulated incident with everything a model's answer is asked about and held against. */
import { type Simulated, simulate } from '../../../bench/support/simulated-system.ts';
import { diagnose } from '../../../domain/diagnosis/diagnose.ts';
import type { Diagnosis, Evidence } from '../../../domain/diagnosis/diagnosis.ts';
import { judgingContext, sameRemedy } from '../../../domain/model/context.ts';
import type { JudgingContext } from '../../../domain/model/judge.ts';
import { findLeads, type Leads } from '../../../domain/model/leads.ts';
import type { MergeContext } from '../../../domain/model/merge.ts';
import { defaultRunbook } from '../../../domain/remediation/runbook.ts';
import type { LogBucket } from '../../../domain/telemetry.ts';

export type Situation = {
  readonly input: Simulated;
  readonly evidence: readonly Evidence[];
  readonly leads: Leads;
  readonly statistical: Diagnosis;
  readonly judging: JudgingContext;
  readonly merging: MergeContext;
};

let simulated: Simulated | undefined;

/**
 * `web` calls `orders`, which calls `ledger` and fails requests by itself; `billing` is beside them and has no part in it. With
 * log messages of one's choice, of `orders` unless said otherwise.
 */
export function situation(
  logTexts: readonly string[] = ['payment refused by policy'],
  logsOf = 'orders',
): Situation {
  simulated ??= simulate({
    services: [
      { name: 'web', replicas: 1, selfMs: 8, calls: ['orders'] },
      { name: 'orders', replicas: 2, selfMs: 25, calls: ['ledger'] },
      { name: 'ledger', replicas: 2, selfMs: 40, calls: [] },
      { name: 'billing', replicas: 1, selfMs: 5, calls: [] },
    ],
    entry: 'web',
    requestsPerSecond: 20,
    faults: [{ kind: 'errors', service: 'orders', rate: 0.4 }],
    seed: 3,
  });
  const base = simulated;
  return situationOf({
    ...base,
    logs: logTexts.flatMap((text, index) => logRows(text, index, base, logsOf)),
  });
}

export function situationOf(input: Simulated): Situation {
  const { diagnosis, evidence } = diagnose(input, []);
  const leads = findLeads(input, 1);
  const all = [...evidence, ...leads.evidence];
  return {
    input,
    leads,
    evidence: all,
    statistical: diagnosis,
    judging: judgingContext(input, all, defaultRunbook),
    merging: {
      environment: input.environment,
      by: 'test/model',
      failedCauses: [],
      sameRemedy: sameRemedy(defaultRunbook),
    },
  };
}

function logRows(
  template: string,
  index: number,
  { onsetMs, nowMs }: Simulated,
  service: string,
): readonly LogBucket[] {
  const seconds = Math.floor((nowMs - onsetMs) / 1_000);
  return Array.from({ length: seconds }, (_, second) => ({
    atMs: onsetMs + second * 1_000,
    service,
    templateId: `template-${index}`,
    template,
    severityNumber: 17,
    count: 3,
  }));
}

/** An answer about `service`, citing the first evidence there is about it. */
export function answerAbout(
  { evidence }: Situation,
  cause: string,
  service: string,
  more: object = {},
): unknown {
  const cited = evidence.find(({ scope }) => scope.service === service)?.id ?? 'E404';
  return {
    verdict: 'explained',
    summary: `It is ${service}.`,
    hypotheses: [
      {
        cause,
        service,
        confidence: 0.9,
        reason: 'because',
        evidenceFor: [cited],
        evidenceAgainst: [],
        actions: [],
        ...more,
      },
    ],
    risks: [],
  };
}
