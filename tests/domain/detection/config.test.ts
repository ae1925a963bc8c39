import { describe, expect, it } from 'vitest';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';

describe('the configuration of detection', () => {
  it('has a default for everything', () => {
    const config = detectionConfigSchema.parse({});
    expect(config.limits).toMatchObject({ seriesPerEnvironment: 100_000, labelSetsPerMetric: 10_000 });
    expect(config.errors.minRatio).toBe(0.02);
  });

  it('keeps the other defaults when one number is given', () => {
    const config = detectionConfigSchema.parse({ errors: { minRatio: 0.1 } });
    expect(config.errors).toMatchObject({ minRatio: 0.1, minErrors: 4 });
  });

  it.each([
    [{ errors: { minRation: 0.1 } }, 'minRation'],
    [{ typo: {} }, 'typo'],
    [{ limits: { environments: -1 } }, 'environments'],
    [{ errors: { minRatio: 2 } }, 'minRatio'],
    [{ traffic: { surgeMs: 'soon' } }, 'surgeMs'],
  ])('refuses %j and names the key', (input, key) => {
    const result = detectionConfigSchema.safeParse(input);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues)).toContain(key);
  });
});
