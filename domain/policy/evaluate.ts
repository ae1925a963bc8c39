// What policy says of a plan. The order is fixed and the first that speaks decides: a plan that is no plan, deny rules,
// the allow list, then what its risk asks for, made stricter by what cannot be undone, by blast radius and by doubtful evidence.
// Nothing ever makes it more permissive than its risk level.

import { matchesGlob } from '../glob.ts';
import { targetText } from '../inventory/target.ts';
import { interferingSteps } from '../remediation/interference.ts';
import type { Plan, PlanStep } from '../remediation/plan.ts';
import type { PolicyConfig, PolicyRule } from './config.ts';
import { type Level, levelOf, lowered, stricter } from './levels.ts';
import { ownPolicy, policyFor, policyForIrreversible } from './requirement.ts';
import type { Verdict } from './verdict.ts';

export type PolicyContext = {
  /** Evidence that could not be had; any at all lowers autonomy by one step. */
  readonly missing: readonly string[];
  /** True when two analyses disagree about the cause. */
  readonly contested: boolean;
};

/** What of a plan policy looks at. */
export type JudgedStep = Pick<PlanStep, 'action' | 'target' | 'blastRadius' | 'downtimeSeconds'> & {
  /** False: it has the approval class of what cannot be undone. */
  readonly reversible?: boolean;
  readonly before?: Pick<PlanStep['before'], 'protected'>;
};
export type JudgedPlan = Pick<Plan, 'risk'> & { readonly steps: readonly JudgedStep[] };

/** Judges a plan. Pure: the same plan, configuration and context always get the same verdict. */
export function evaluate(plan: JudgedPlan, config: PolicyConfig, context: PolicyContext): Verdict {
  return (
    denyMalformed(plan) ??
    denyProtected(plan) ??
    denyByRule(plan, config.deny) ??
    denyUnlisted(plan, config.allow) ??
    byRisk(plan, config, context)
  );
}

function denyMalformed({ steps }: JudgedPlan): Verdict | null {
  if (steps.length === 0) return deny('no-steps', 'The plan has no steps.');
  const environments = new Set(steps.map(({ target }) => target.environment));
  if (environments.size > 1)
    return deny('one-environment', 'The plan reaches into more than one environment.');
  if (interferingSteps(steps).length > 0) {
    return deny('one-step-per-target', 'Two steps of the plan act on the same target.');
  }
  return null;
}

/** What is protected no rule allows. */
function denyProtected({ steps }: JudgedPlan): Verdict | null {
  const step = steps.find(({ before }) => before?.protected !== undefined);
  if (step === undefined) return null;
  return deny('protected', `${describe(step)}: its target is protected: ${step.before?.protected}.`);
}

function denyByRule({ steps }: JudgedPlan, rules: readonly PolicyRule[]): Verdict | null {
  for (const rule of rules) {
    const step = steps.find((candidate) => matches(rule, candidate));
    if (step !== undefined)
      return deny(`deny: ${rule.name}`, `${describe(step)} is forbidden by rule "${rule.name}".`);
  }
  return null;
}

function denyUnlisted({ steps }: JudgedPlan, rules: readonly PolicyRule[]): Verdict | null {
  if (rules.length === 0) return null;
  const step = steps.find((candidate) => !rules.some((rule) => matches(rule, candidate)));
  return step === undefined ? null : deny('allow-list', `${describe(step)} is on no allow rule.`);
}

function byRisk(plan: JudgedPlan, config: PolicyConfig, { missing, contested }: PolicyContext): Verdict {
  const environment = plan.steps[0]?.target.environment ?? '';
  const own = ownPolicy(config, environment);
  const { requirement, rule: riskRule } = policyFor(config, environment, plan.risk);
  if (requirement === 'deny') return deny(riskRule, `Plans of ${plan.risk} risk are not allowed.`);

  let level: Level = levelOf(requirement);
  let rule = riskRule;
  const reasons = [`The plan's risk is ${plan.risk}.`];
  const forGood = plan.steps.filter(({ reversible }) => reversible === false);
  if (forGood.length > 0) {
    const what = `It cannot be undone: ${forGood.map(describe).join(', ')}.`;
    const ofClass = policyForIrreversible(config, environment);
    if (ofClass.requirement === 'deny') return deny(ofClass.rule, `${what} Such plans are not allowed.`);
    const both = stricter(level, levelOf(ofClass.requirement));
    if (!same(both, level)) rule = ofClass.rule;
    level = both;
    reasons.push(what);
  }
  const maxBlast = own?.maxAutoBlastRadius ?? config.maxAutoBlastRadius;
  // Steps follow one another before anybody looks whether it helped: what they disturb adds up.
  const blast = Math.min(
    1,
    plan.steps.reduce((sum, { blastRadius }) => sum + blastRadius, 0),
  );
  const maxDowntime = own?.maxAutoDowntimeSeconds ?? config.maxAutoDowntimeSeconds;
  const downtime = plan.steps.reduce((sum, { downtimeSeconds }) => sum + downtimeSeconds, 0);
  // A number that is none must not slip below the limit.
  const tooMuch = [
    ...(blast <= maxBlast
      ? []
      : [`It disturbs ${Math.round(blast * 100)} % of a target, more than may happen without asking.`]),
    ...(downtime <= maxDowntime
      ? []
      : [`It serves less for ${Math.round(downtime)} s, longer than may happen without asking.`]),
  ];
  if (level.kind === 'auto' && tooMuch.length > 0) {
    level = lowered(level);
    reasons.push(...tooMuch);
  }
  if (missing.length > 0 || contested) {
    level = lowered(level);
    reasons.push(contested ? 'The diagnosis is contested.' : `Evidence is missing: ${missing.join(', ')}.`);
  }
  return level.kind === 'auto'
    ? { kind: 'auto', rule, reason: reasons.join(' ') }
    : { ...level, rule, reason: reasons.join(' ') };
}

function same(one: Level, other: Level): boolean {
  if (one.kind === 'auto' || other.kind === 'auto') return one.kind === other.kind;
  return one.role === other.role && one.quorum === other.quorum;
}

function deny(rule: string, reason: string): Verdict {
  return { kind: 'deny', rule, reason };
}

function matches(rule: PolicyRule, { action, target }: JudgedStep): boolean {
  return (
    rule.actions.some((allowed) => allowed === '*' || allowed === action) &&
    rule.services.some((pattern) => matchesGlob(pattern, target.service)) &&
    rule.environments.some((pattern) => matchesGlob(pattern, target.environment))
  );
}

function describe({ action, target }: JudgedStep): string {
  return `${action} on ${targetText(target)}`;
}
