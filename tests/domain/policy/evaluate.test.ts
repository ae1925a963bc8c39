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

  it('what cannot be undone asks somebody, however low its risk; a restart leaves nothing to undo and does not', () => {
    const gone = step({ action: 'clear-sandbox', inverse: null, reversible: false });
    expect(evaluate(plan([gone]), config, sure)).toEqual({
      kind: 'approval',
      rule: 'irreversible',
      reason: "The plan's risk is low. It cannot be undone: clear-sandbox on test/api.",
      role: 'operator',
      quorum: 1,
      deadlineSeconds: 1800,
    });
    expect(evaluate(plan([step({ inverse: null, reversible: true })]), config, sure).kind).toBe('auto');
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
    const bold = policyConfigSchema.parse({ environments: { e: { maxAutoBlastRadius: 0.9 } } });
    const wide = (environment: string) => plan([step({ blastRadius: 0.9, target: at(environment) })]);
    expect(evaluate(wide('e'), bold, sure).kind).toBe('auto');
    expect(evaluate(wide('f'), bold, sure).kind).toBe('approval');
  });

  it('the blast of the steps of a plan adds up', () => {
    const of = (...shares: number[]) =>
      evaluate(
        plan(
          shares.map((blastRadius, index) =>
            step({ blastRadius, downtimeSeconds: 1, target: at('e', `s${index}`) }),
          ),
        ),
        config,
        sure,
      );
    expect(of(0.25, 0.25).kind).toBe('auto');
    expect(of(0.3, 0.3)).toMatchObject({
      kind: 'approval',
      reason: expect.stringContaining('disturbs 60 %'),
    });
  });

  it('who has to be asked anyway is not asked for more because it is wide; doubt keeps the number of people', () => {
    expect(evaluate(plan([step({ blastRadius: 1 })], 'medium'), config, sure)).toMatchObject({
      role: 'operator',
    });
    expect(evaluate(plan([step()], 'high'), config, { ...sure, contested: true })).toMatchObject({
      role: 'admin',
      quorum: 2,
    });
  });

  it('a long disturbance asks somebody, even at low risk; the steps of a plan add up', () => {
    const of = (...seconds: number[]) =>
      evaluate(
        plan(
          seconds.map((downtimeSeconds, index) =>
            step({ downtimeSeconds, blastRadius: 0.1, target: at('e', `s${index}`) }),
          ),
        ),
        config,
        sure,
      );
    expect(of(60).kind).toBe('auto');
    expect(of(61)).toMatchObject({
      kind: 'approval',
      reason: expect.stringContaining('serves less for 61 s'),
    });
    expect(of(30, 30).kind).toBe('auto');
    expect(of(30, 31)).toMatchObject({
      kind: 'approval',
      reason: expect.stringContaining('serves less for 61 s'),
    });
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

describe('the class of what cannot be undone', () => {
  const gone = step({ action: 'clear-sandbox', inverse: null, reversible: false });
  const told = { approval: 'admin', quorum: 2, deadlineMinutes: 10 } as const;

  it('runs without asking only where the class itself says so: no level of risk does', () => {
    const byRisk = { low: 'auto', medium: 'auto', high: 'auto' } as const;
    const loose = policyConfigSchema.parse({ byRisk });
    for (const risk of riskLevels) expect(evaluate(plan([gone], risk), loose, sure).kind).toBe('approval');
    const named = policyConfigSchema.parse({ byRisk, irreversible: 'auto' });
    for (const risk of riskLevels) expect(evaluate(plan([gone], risk), named, sure).kind).toBe('auto');
    // What its risk asks for stays.
    const cautious = policyConfigSchema.parse({ irreversible: 'auto' });
    expect(evaluate(plan([gone], 'high'), cautious, sure)).toMatchObject({ rule: 'risk: high', quorum: 2 });
  });

  it('and the risk: the stricter of both counts, each in what it is stricter in', () => {
    const strict = policyConfigSchema.parse({
      byRisk: { medium: { approval: 'operator', quorum: 3, deadlineMinutes: 60 } },
      irreversible: told,
    });
    const other = { ...gone, target: at('test', 'scratch') };
    expect(evaluate(plan([step(), other], 'medium'), strict, sure)).toMatchObject({
      ...{ rule: 'irreversible', role: 'admin', quorum: 3, deadlineSeconds: 600 },
    });
    expect(evaluate(plan([step()], 'medium'), strict, sure)).toMatchObject({ role: 'operator', quorum: 3 });
  });

  it('has rules of its own in an environment, and may be out of the question', () => {
    const here = policyConfigSchema.parse({
      irreversible: 'auto',
      environments: { test: { irreversible: told }, attic: { irreversible: 'deny' } },
    });
    expect(evaluate(plan([gone]), here, sure)).toMatchObject({ rule: 'irreversible in test', quorum: 2 });
    const elsewhere = { ...gone, target: at('attic') };
    expect(evaluate(plan([elsewhere]), here, sure)).toEqual({
      kind: 'deny',
      rule: 'irreversible in attic',
      reason: 'It cannot be undone: clear-sandbox on attic/api. Such plans are not allowed.',
    });
  });
});
