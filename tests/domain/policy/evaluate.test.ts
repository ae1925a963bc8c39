import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from '../../../domain/glob.ts';
import { policyConfigSchema } from '../../../domain/policy/config.ts';
import { evaluate } from '../../../domain/policy/evaluate.ts';
import { strictness } from '../../../domain/policy/levels.ts';
import { riskLevels } from '../../../domain/remediation/actions/action.ts';
import { actionIds } from '../../../domain/remediation/actions/index.ts';
import { plan, step } from '../remediation/plans.ts';

const config = policyConfigSchema.parse({});
const sure = { missing: [], contested: false };
const at = (environment: string, service = 'api') => ({ environment, service });

it('a protected target is denied, whatever is allowed', () => {
  const everything = { name: 'everything', actions: ['*'], services: ['*'], environments: ['*'] };
  const open = policyConfigSchema.parse({ allow: [everything] });
  const held = step();
  expect(
    evaluate(plan([{ ...held, before: { ...held.before, protected: 'frozen until May' } }]), open, sure),
  ).toEqual({
    kind: 'deny',
    rule: 'protected',
    reason: 'restart on test/api: its target is protected: frozen until May.',
  });
});

describe('by default', () => {
  it('low risk is done, medium asks an operator, high two admins', () => {
    expect(evaluate(plan([step()]), config, sure)).toMatchObject({ kind: 'auto', rule: 'risk: low' });
    expect(evaluate(plan([step()], 'medium'), config, sure)).toEqual({
      kind: 'approval',
      rule: 'risk: medium',
      reason: "The plan's risk is medium.",
      role: 'operator',
      quorum: 1,
      deadlineSeconds: 1800,
    });
    expect(evaluate(plan([step()], 'high'), config, sure)).toMatchObject({
      kind: 'approval',
      role: 'admin',
      quorum: 2,
    });
  });

  it('missing evidence and a contested diagnosis each ask somebody', () => {
    const missing = evaluate(plan([step()]), config, { ...sure, missing: ['calls: no traces'] });
    expect(missing).toMatchObject({
      kind: 'approval',
      role: 'operator',
      reason: expect.stringContaining('calls: no traces'),
    });
    expect(evaluate(plan([step()], 'medium'), config, { ...sure, contested: true })).toMatchObject({
      role: 'admin',
    });
  });

  it('a wide blast asks somebody, even at low risk; an unknown one counts as wide', () => {
    expect(evaluate(plan([step({ blastRadius: 0.51 })]), config, sure).kind).toBe('approval');
    expect(evaluate(plan([step({ blastRadius: Number.NaN })]), config, sure).kind).toBe('approval');
  });

  it('a long disturbance asks somebody, even at low risk; the steps of a plan add up', () => {
    const of = (...seconds: number[]) =>
      evaluate(
        plan(
          seconds.map((downtimeSeconds, index) => step({ downtimeSeconds, target: at('e', `s${index}`) })),
        ),
        config,
        sure,
      );
    expect(of(60).kind).toBe('auto');
    expect(of(61)).toMatchObject({
      kind: 'approval',
      reason: expect.stringContaining('serves less for 61 s'),
    });
    expect(of(30, 31).kind).toBe('approval');
    expect(of(Number.NaN).kind).toBe('approval');
    const patient = policyConfigSchema.parse({ environments: { e: { maxAutoDowntimeSeconds: 600 } } });
    const long = plan([step({ downtimeSeconds: 600, target: at('e') })]);
    expect(evaluate(long, patient, sure).kind).toBe('auto');
  });

  it('refuses what is no proper plan', () => {
    expect(evaluate(plan([]), config, sure)).toMatchObject({ kind: 'deny', rule: 'no-steps' });
    expect(evaluate(plan([step(), step({ action: 'scale' })]), config, sure).kind).toBe('deny');
    expect(evaluate(plan([step(), step({ target: at('other', 'db') })]), config, sure).kind).toBe('deny');
  });
});

describe('configured', () => {
  it('environments differ in what they ask, and keep the default for the rest', () => {
    const strict = policyConfigSchema.parse({
      environments: {
        production: { low: { approval: 'operator', quorum: 2, deadlineMinutes: 5 }, high: 'deny' },
      },
    });
    const there = (risk: 'low' | 'medium' | 'high') =>
      evaluate(plan([step({ target: at('production') })], risk), strict, sure);
    expect(there('low')).toMatchObject({
      kind: 'approval',
      quorum: 2,
      deadlineSeconds: 300,
      rule: 'risk: low in production',
    });
    expect(there('medium')).toMatchObject({ kind: 'approval', role: 'operator', rule: 'risk: medium' });
    expect(there('high').kind).toBe('deny');
    expect(evaluate(plan([step()]), strict, sure).kind).toBe('auto');
  });

  it('a deny rule wins over everything and says which rule it was', () => {
    const guarded = policyConfigSchema.parse({
      allow: [{ name: 'all' }],
      deny: [{ name: 'hands off payments', services: ['pay*'], actions: ['restart'] }],
    });
    const verdict = evaluate(plan([step({ target: at('test', 'payments') })]), guarded, sure);
    expect(verdict).toEqual({
      kind: 'deny',
      rule: 'deny: hands off payments',
      reason: 'restart on test/payments is forbidden by rule "hands off payments".',
    });
    expect(evaluate(plan([step()]), guarded, sure).kind).toBe('auto');
  });

  it('an allow list lets nothing else through', () => {
    const listed = policyConfigSchema.parse({
      allow: [{ name: 'restarts', actions: ['restart'], environments: ['test'] }],
    });
    expect(evaluate(plan([step()]), listed, sure).kind).toBe('auto');
    expect(evaluate(plan([step({ action: 'scale' })]), listed, sure)).toMatchObject({
      kind: 'deny',
      rule: 'allow-list',
    });
  });

  it('unknown keys, actions and wildcards are refused', () => {
    expect(policyConfigSchema.safeParse({ denies: [] }).success).toBe(false);
    expect(policyConfigSchema.safeParse({ deny: [{ name: 'x', action: ['restart'] }] }).success).toBe(false);
    expect(policyConfigSchema.safeParse({ deny: [{ name: 'x', actions: ['delete'] }] }).success).toBe(false);
    expect(policyConfigSchema.safeParse({ deny: [{ name: 'x', services: ['a b'] }] }).success).toBe(false);
  });
});

describe('always', () => {
  const anyStep = fc
    .record({
      action: fc.constantFrom(...actionIds),
      service: fc.constantFrom('api', 'db', 'payments'),
      blastRadius: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ action, service, blastRadius }) => step({ action, blastRadius, target: at('test', service) }));
  const anyRisk = fc.constantFrom(...riskLevels);
  const anyRule = fc.record({
    name: fc.constant('r'),
    actions: fc.subarray([...actionIds], { minLength: 1 }),
    services: fc.subarray(['api', 'd*', '?ayments', '*'], { minLength: 1 }),
    environments: fc.subarray(['test', 'prod*'], { minLength: 1 }),
  });

  it('a matching deny rule is never overruled', () => {
    fc.assert(
      fc.property(anyStep, anyRisk, fc.array(anyRule), fc.array(anyRule), (one, risk, deny, allow) => {
        const verdict = evaluate(plan([one], risk), { ...config, deny, allow }, sure);
        const denied = deny.some(
          (rule) =>
            rule.actions.includes(one.action) &&
            rule.environments.includes('test') &&
            rule.services.some((pattern) => matchesGlob(pattern, one.target.service)),
        );
        if (denied) expect(verdict.kind).toBe('deny');
      }),
    );
  });

  it('more doubt, more risk and a wider blast never make it more permissive', () => {
    fc.assert(
      fc.property(
        anyStep,
        fc.array(fc.string()),
        fc.string(),
        fc.boolean(),
        (one, missing, more, contested) => {
          const judge = (risk: 'low' | 'medium' | 'high', blast: number, gaps: string[], doubt: boolean) =>
            strictness(evaluateLevel(risk, blast, gaps, doubt));
          const evaluateLevel = (
            risk: 'low' | 'medium' | 'high',
            blastRadius: number,
            gaps: string[],
            doubt: boolean,
          ) => evaluate(plan([{ ...one, blastRadius }], risk), config, { missing: gaps, contested: doubt });
          const base = judge('low', one.blastRadius, missing, contested);
          expect(judge('low', one.blastRadius, [...missing, more], contested)).toBeGreaterThanOrEqual(base);
          expect(judge('low', one.blastRadius, missing, true)).toBeGreaterThanOrEqual(base);
          expect(judge('low', 1, missing, contested)).toBeGreaterThanOrEqual(base);
          expect(judge('medium', one.blastRadius, missing, contested)).toBeGreaterThanOrEqual(base);
          expect(judge('high', one.blastRadius, missing, contested)).toBeGreaterThanOrEqual(
            judge('medium', one.blastRadius, missing, contested),
          );
        },
      ),
    );
  });
});

describe('globs', () => {
  it('match the whole name', () => {
    expect(matchesGlob('pay*', 'payments')).toBe(true);
    expect(matchesGlob('*pay', 'payments')).toBe(false);
    expect(matchesGlob('a?c', 'abc')).toBe(true);
    expect(matchesGlob('a.c', 'abc')).toBe(false);
    expect(matchesGlob('*a*b*', 'xxaxxbxx')).toBe(true);
  });

  it('agree with the regular expression they stand for', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
    const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(patterns, letters, (pattern, name) => {
        const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesGlob(pattern, name)).toBe(new RegExp(`^(?:${source})$`).test(name));
      }),
    );
  });
});
