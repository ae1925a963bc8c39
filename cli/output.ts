// Where a command writes: lines for people, or JSON with `--json`, never both.

import type { CliDeps } from './deps.ts';
import { type Paint, paintFor } from './terminal/text.ts';

export type Output = {
  readonly json: boolean;
  readonly paint: Paint;
  /** The answer: one JSON value on one line, or the lines. */
  answer(value: unknown, lines: () => readonly string[]): void;
  /** Something on the side, for people only (standard error). */
  note(line: string): void;
};

export function createOutput(deps: Pick<CliDeps, 'stdout' | 'stderr'>, json: boolean): Output {
  const paint = paintFor(deps.stdout);
  return {
    json,
    paint,
    answer(value, lines) {
      if (json) deps.stdout.write(`${JSON.stringify(value)}\n`);
      else for (const line of lines()) deps.stdout.write(`${line}\n`);
    },
    note(line) {
      if (!json) deps.stderr.write(`${line}\n`);
    },
  };
}
