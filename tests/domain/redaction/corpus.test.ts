/** Every secret of the corpus is cut, every near miss stays: the figures that a change of a pattern must not lower. */
import { describe, expect, it } from 'vitest';
import { redact } from '../../../domain/redaction/redact.ts';
import { identifiers } from './corpus/identifiers.ts';
import { nearMisses as lines } from './corpus/near-misses.ts';
import { ordinaryLines } from './corpus/ordinary.ts';
import { secrets } from './corpus/secrets.ts';

const nearMisses = [...lines, ...ordinaryLines, ...identifiers];

/** Whether a piece of the secret that would help somebody is still there. */
function survives(text: string, secret: string): boolean {
  if (secret.length <= 8) return text.includes(secret);
  return Array.from({ length: secret.length - 7 }, (_, at) => secret.slice(at, at + 8)).some((piece) =>
    text.includes(piece),
  );
}

describe('the corpus', () => {
  it('is large enough to say something', () => {
    expect(secrets.length).toBeGreaterThanOrEqual(400);
    expect(nearMisses.length).toBeGreaterThanOrEqual(400);
    expect(
      secrets.every(({ line, secret }) => secret.length >= 3 && line.normalize('NFKC').includes(secret)),
    ).toBe(true);
  });

  it('loses every secret', () => {
    const survivors = secrets.filter(({ line, secret }) => survives(redact(line), secret));
    expect(survivors.map(({ line }) => `${line} → ${redact(line)}`)).toEqual([]);
  });

  it('keeps every near miss as it is', () => {
    const cut = nearMisses.filter((line) => redact(line) !== line);
    expect(cut.map((line) => `${line} → ${redact(line)}`)).toEqual([]);
  });

  it('gives the same for what was cut before', () => {
    for (const line of [...secrets.map((one) => one.line), ...nearMisses]) {
      const once = redact(line);
      expect(redact(once)).toBe(once);
    }
  });
});
