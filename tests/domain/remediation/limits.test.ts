import { describe, expect, it } from 'vitest';
import { breakerOpenUntilMs, limitsConfigSchema } from '../../../domain/remediation/limits.ts';

const config = limitsConfigSchema.parse({ breaker: { notRecoveredEffects: 3, openMinutes: 10 } });
const effects = (...recovered: boolean[]) =>
  recovered.map((one, index) => ({ recovered: one, finishedMs: 1_000_000 - index }));

describe('limits', () => {
  it('have defaults, and refuse unknown keys and nonsense', () => {
    expect(limitsConfigSchema.parse({})).toMatchObject({
      effectsPerEnvironmentPerHour: 60,
      effectsPerTargetPerHour: 6,
    });
    expect(limitsConfigSchema.safeParse({ effectsPerDay: 1 }).success).toBe(false);
    expect(limitsConfigSchema.safeParse({ leaseSeconds: 0 }).success).toBe(false);
    for (const [grantValidMinutes, fits] of [
      [4, false],
      [5, true],
      [10_080, true],
      [10_081, false],
    ] as const)
      expect(limitsConfigSchema.safeParse({ grantValidMinutes }).success, `${grantValidMinutes}`).toBe(fits);
  });

  it('open the breaker after consecutive effects in vain, for a while', () => {
    expect(breakerOpenUntilMs(effects(false, false, false), config, 1_000_001)).toBe(1_600_000);
    expect(breakerOpenUntilMs(effects(false, false, false), config, 1_600_000)).toBeNull();
  });

  it('close it with an effect that helped', () => {
    expect(breakerOpenUntilMs(effects(false, false, true, false), config, 1_000_001)).toBeNull();
    expect(breakerOpenUntilMs([], config, 0)).toBeNull();
  });
});
