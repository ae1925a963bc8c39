import { describe, expect, it } from 'vitest';
import { canonicalPlan } from '../../../domain/remediation/canonical-plan.ts';
import { interferingSteps } from '../../../domain/remediation/interference.ts';
import { planRisk } from '../../../domain/remediation/planner.ts';
import { plan, step, target } from './plans.ts';

describe('canonical plan', () => {
  it('survives a journey through JSON', () => {
    const original = plan([step({ before: target('api', { previousRelease: undefined }) })]);
    expect(canonicalPlan(JSON.parse(JSON.stringify(original)))).toBe(canonicalPlan(original));
  });

  it('changes with anything that would be done', () => {
    const text = canonicalPlan(plan([step()]));
    expect(canonicalPlan(plan([step({ parameters: { taskId: 'api-1' } })]))).not.toBe(text);
    expect(canonicalPlan(plan([step({ before: target('api', { release: 'v3' }) })]))).not.toBe(text);
    expect(canonicalPlan(plan([step(), step({ action: 'clear-sandbox' })]))).not.toBe(text);
  });
});

describe('steps together', () => {
  it('interfere on the same target only', () => {
    const other = step({ target: { environment: 'test', service: 'db' } });
    expect(interferingSteps([step(), other])).toEqual([]);
    expect(interferingSteps([step(), other, step({ action: 'scale' })])).toEqual([[0, 2]]);
  });

  it('are as risky as the riskiest, and high when several targets lose something for good', () => {
    const gone = (service: string) =>
      step({ action: 'clear-sandbox', reversible: false, target: { environment: 'test', service } });
    expect(planRisk([step(), step({ risk: 'medium' })])).toBe('medium');
    expect(planRisk([gone('a')])).toBe('low');
    expect(planRisk([gone('a'), gone('b')])).toBe('high');
  });
});
