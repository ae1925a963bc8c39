// How likely so many failures are by chance, given what was seen before.

/** Natural logarithm of the gamma function. Source: Lanczos 1964, coefficients g = 7, n = 9; relative error below 1e-13. */
export function logGamma(x: number): number {
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const y = x - 1;
  const t = y + 7.5;
  let sum = coefficients[0] ?? 0;
  for (let index = 1; index < coefficients.length; index += 1)
    sum += (coefficients[index] ?? 0) / (y + index);
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * Probability of at least `failures` failures in `calls` calls, when `pastFailures` of `pastCalls` failed before (both
 * with the prior's pseudo-counts in them). Poisson with a gamma-distributed rate, that is the negative binomial: with
 * little past it is careful, with much past it is the Poisson test.
 * Source: Gelman et al., "Bayesian Data Analysis", 3rd ed., section 2.6 (posterior predictive of the Poisson model).
 */
export function chanceOfFailures(
  failures: number,
  calls: number,
  pastFailures: number,
  pastCalls: number,
): number {
  if (failures <= 0) return 1;
  if (calls <= 0 || pastCalls <= 0 || pastFailures <= 0) return 1;
  const q = calls / (calls + pastCalls);
  const mean = (pastFailures * calls) / pastCalls;
  if (failures <= mean) return 1;
  let term = Math.exp(
    logGamma(pastFailures + failures) -
      logGamma(pastFailures) -
      logGamma(failures + 1) +
      pastFailures * Math.log(1 - q) +
      failures * Math.log(q),
  );
  let tail = 0;
  for (let k = failures; k < failures + 10_000 && term > tail * 1e-12; k += 1) {
    tail += term;
    term *= ((pastFailures + k) / (k + 1)) * q;
  }
  return Math.min(1, tail);
}

/** Probability of at most `failures` failures where `expected` (more than that) are usual. Poisson. */
export function chanceOfSoFew(failures: number, expected: number): number {
  let term = Math.exp(-expected);
  let sum = 0;
  for (let k = 0; k <= failures; k += 1) {
    sum += term;
    term *= expected / (k + 1);
  }
  return Math.min(1, sum);
}
