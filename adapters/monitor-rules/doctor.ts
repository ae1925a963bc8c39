// What `doctor` says of a system that rules are asked of: whether it answers, which rules it refuses, and which find nothing.

import { type Finding, ok, warning } from '../../domain/doctor.ts';
import type { Monitored } from '../monitor-vendor.ts';
import { QueryRefused, type RuleApi } from './api.ts';
import type { Rule } from './rules.ts';

/** A doctor answers within seconds. */
const longestMs = 8_000;

/** `product`: what people call it. */
export async function checkRules(
  product: string,
  { name, url }: Monitored & { readonly url: string },
  rules: readonly Rule[],
  api: RuleApi,
): Promise<Finding> {
  const title = `${product} ${name}`;
  const { host } = new URL(url);
  const signal = AbortSignal.timeout(longestMs);
  const without: string[] = [];
  const refused: string[] = [];
  let asked = 0;
  try {
    for (const rule of rules) {
      try {
        const found = await api.instant(rule.query, signal);
        if (found.length === 0 && rule.fires !== 'none' && rule.fires !== 'any') without.push(rule.name);
      } catch (error) {
        if (!(error instanceof QueryRefused)) throw error;
        refused.push(`${rule.name}: ${error.message}`);
      }
      asked += 1;
    }
  } catch (error) {
    if (asked === 0) {
      const said = signal.aborted ? `${host} does not answer` : (error as Error).message;
      return warning(title, said, 'Fix its url or its secret; until then none of its rules is looked at.');
    }
  }
  const [first] = refused;
  if (first !== undefined) {
    const more = refused.length > 1 ? `, and ${refused.length - 1} more` : '';
    return warning(title, `refuses rule ${first}${more}`, 'Correct the rule; the others are looked at.');
  }
  const empty = without.length === 0 ? '' : `; nothing to look at for ${without.join(', ')}`;
  const part = asked < rules.length ? ` (${asked} of them asked, then it took too long)` : '';
  return ok(title, `${host} answers, ${rules.length} rules${part}${empty}`);
}
