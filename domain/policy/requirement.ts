// What policy asks for at a level of risk in an environment, and the name of the rule that says so.

import type { RiskLevel } from '../remediation/actions/action.ts';
import type { PolicyConfig, Requirement } from './config.ts';

/** What is configured for one environment, by its exact name. */
export function ownPolicy({ environments }: PolicyConfig, environment: string) {
  return Object.hasOwn(environments, environment) ? environments[environment] : undefined;
}

/** Of plans that cannot be undone, whatever their risk. */
export function policyForIrreversible(
  config: PolicyConfig,
  environment: string,
): { readonly requirement: Requirement; readonly rule: string } {
  const own = ownPolicy(config, environment)?.irreversible;
  return own === undefined
    ? { requirement: config.irreversible, rule: 'irreversible' }
    : { requirement: own, rule: `irreversible in ${environment}` };
}

export function policyFor(
  config: PolicyConfig,
  environment: string,
  risk: RiskLevel,
): { readonly requirement: Requirement; readonly rule: string } {
  const own = ownPolicy(config, environment)?.[risk];
  return own === undefined
    ? { requirement: config.byRisk[risk], rule: `risk: ${risk}` }
    : { requirement: own, rule: `risk: ${risk} in ${environment}` };
}
