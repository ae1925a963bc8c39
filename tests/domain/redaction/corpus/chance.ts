// Secrets for tests, made when the test runs: none of them is one, none stands in a file, and each run makes the same.

export type Chance = (alphabet: string, length: number) => string;

export const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
export const lower = 'abcdefghijklmnopqrstuvwxyz';
export const digits = '0123456789';
export const hex = '0123456789abcdef';
export const alnum = `${upper}${lower}${digits}`;
export const base64 = `${alnum}+/`;
export const base64url = `${alnum}-_`;

/** A xorshift generator: the same letters for the same seed. */
export function chance(seed: number): Chance {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  for (let warm = 0; warm < 8; warm += 1) next();
  return (alphabet, length) =>
    Array.from({ length }, () => alphabet[next() % alphabet.length] ?? '').join('');
}

export const encoded = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
