// `sentinel approve` and `sentinel reject`: a person's answer to exactly one plan.

import type { Command } from 'commander';
import { ExitError, exitCodes } from '../../app/exit.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { HashedPlan } from '../../domain/remediation/plan.ts';
import type { ApiClient } from '../api-client.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { describeStep } from '../narrate.ts';
import type { Output } from '../output.ts';
import { clean } from '../terminal/text.ts';
import { incidentPath } from './incident-path.ts';

type Flags = CommonFlags & { readonly planHash?: string; readonly reason?: string };
type Plans = {
  readonly current: string | null;
  readonly items: readonly { readonly hashedPlan: HashedPlan; readonly verdict: Verdict | null }[];
};
type Decided = { readonly planHash: string; readonly delivered: boolean; readonly repeated: boolean };

const shortestPrefix = 8;

export function registerApprovals(program: Command, deps: CliDeps): void {
  apiCommand(program, 'approve <incident>', 'approve the pending plan of an incident')
    .option('--plan-hash <hash>', 'only if the plan has this hash (at least 8 digits)')
    .option('--reason <text>', 'reason, for the audit log')
    .action((incident: string, flags: Flags) => decide(incident, 'approve', flags, deps));

  apiCommand(program, 'reject <incident>', 'reject the pending plan of an incident')
    .option('--plan-hash <hash>', 'only if the plan has this hash (at least 8 digits)')
    .requiredOption('--reason <text>', 'why, for the audit log and for the next plan')
    .action((incident: string, flags: Flags) => decide(incident, 'reject', flags, deps));
}

async function decide(
  incident: string,
  decision: 'approve' | 'reject',
  flags: Flags,
  deps: CliDeps,
): Promise<void> {
  const { api, out } = connect(flags, deps);
  const planHash = await planToDecide(incident, flags.planHash, api, out);
  const { reason } = flags;
  const answer = await api.post<Decided>(`${incidentPath(incident)}/approvals`, {
    planHash,
    decision,
    reason,
  });
  const verb = decision === 'approve' ? 'Approved' : 'Rejected';
  out.answer(answer, () => [
    `${verb} plan ${answer.planHash.slice(0, 12)}${answer.repeated ? ' (already recorded)' : ''}.`,
    ...(answer.delivered ? [] : ['Recorded. The incident picks it up as soon as it can be reached.']),
  ]);
}

/** The current plan's hash; a hash that was given must be of that plan, so that nobody approves what they did not read. */
async function planToDecide(
  incident: string,
  given: string | undefined,
  api: ApiClient,
  out: Output,
): Promise<string> {
  const wanted = given?.toLowerCase();
  if (wanted !== undefined && !/^[0-9a-f]{8,64}$/.test(wanted)) {
    throw new ExitError(exitCodes.usage, `--plan-hash takes ${shortestPrefix} to 64 hex digits.`);
  }
  const { current, items: plans } = await api.get<Plans>(`${incidentPath(incident)}/plan?limit=200`);
  if (current === null) throw new ExitError(exitCodes.refused, 'The incident has no pending plan.');
  if (wanted !== undefined && !current.startsWith(wanted)) {
    const message = `The plan is now ${current.slice(0, 12)}, not ${wanted.slice(0, 12)}. Read it before deciding: sentinel incident show ${clean(incident)}`;
    throw new ExitError(exitCodes.refused, message, { reason: 'stale-plan', current });
  }
  const plan = plans.find(({ hashedPlan }) => hashedPlan.planHash === current)?.hashedPlan.plan;
  if (plan !== undefined) {
    out.note(clean(`Plan ${current.slice(0, 12)} (risk ${plan.risk}): ${plan.reason}`));
    for (const step of plan.steps) out.note(`  ${clean(describeStep(step))}`);
  }
  return current;
}
