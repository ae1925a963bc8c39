// JSONata expressions as people write them into the configuration. Source: docs.jsonata.org.

import jsonata from 'jsonata';
import { cleanText } from '../text.ts';

export const longestMapping = 20_000;

/** How deep a mapping may call, and how many values a list of it may have. */
const bounds = { stack: 200, sequence: 10_000 };

export type Compiled = { evaluate(input: unknown): Promise<unknown> };

/** Throws as `jsonata` does. What it is applied to cannot bring an expression of its own. */
export function compile(text: string, timeoutMs: number): Compiled {
  const expression = jsonata(text, { ...bounds, timeout: timeoutMs });
  expression.registerFunction('eval', () => {
    throw new Error('$eval is not available in a mapping');
  });
  return expression;
}

/** What is wrong with an expression, with the place in it; null: it compiles. */
export function wrongWithMapping(text: string): string | null {
  try {
    compile(text, 0);
    return null;
  } catch (error) {
    return problemText(error, text);
  }
}

/** JSONata throws objects with a message, and the position in the expression where it knows it. */
export function problemText(error: unknown, text: string): string {
  const { message, position } = (typeof error === 'object' && error !== null ? error : {}) as {
    message?: unknown;
    position?: unknown;
  };
  const said = cleanText(typeof message === 'string' ? message : String(error), 300);
  return typeof position === 'number' ? `${said} (${placeIn(text, position)})` : said;
}

function placeIn(text: string, position: number): string {
  const before = text.slice(0, position).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length}`;
}
