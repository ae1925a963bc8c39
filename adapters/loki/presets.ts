// Rules for what any log shows: how many of a service's lines are errors, and services that begin to write errors.

import { percent } from '../../domain/detection/names.ts';
import type { Preset } from '../monitor-rules/rules.ts';

type Surroundings = {
  /** Which streams, with braces. */
  readonly selector: string;
  /** Which of their lines are errors: what follows the selector. */
  readonly errors: string;
  readonly windowSeconds: number;
  /** Labels that tell services and environments apart. */
  readonly by: readonly string[];
};

/** Fewer say nothing about a share. */
const leastLines = 20;

function counted({ selector, by }: Surroundings, lines: string, seconds: number, back = ''): string {
  return `sum by (${by.join(', ')}) (count_over_time(${selector} ${lines} [${seconds}s]${back}))`;
}

export const presets = {
  errorShare: {
    ...{ limit: 0.2, fires: 'above', forSeconds: 120, severity: 'warning' },
    about: `Errors among the lines of a service that writes at least ${leastLines} within \`windowSeconds\``,
    query(surroundings) {
      const { errors, windowSeconds } = surroundings;
      const all = counted(surroundings, '', windowSeconds);
      return `${counted(surroundings, errors, windowSeconds)} / (${all} >= ${leastLines})`;
    },
    title: (value, limit) => `${percent(value)} of its log lines are errors, over ${percent(limit)}`,
  },
  errorRate: {
    ...{ limit: 1, fires: 'above', forSeconds: 120, severity: 'warning' },
    about: 'Error lines of a service in a second',
    query: (surroundings) =>
      `${counted(surroundings, surroundings.errors, surroundings.windowSeconds)} / ${surroundings.windowSeconds}`,
    title: (value, limit) => `writes ${rate(value)} error lines a second, over ${rate(limit)}`,
    metric: { name: 'log.errors.rate', unit: '1/s', attributes: [] },
  },
  newErrors: {
    ...{ limit: 2, fires: 'above', forSeconds: 0, severity: 'info' },
    about: 'Error lines within `windowSeconds` of a service that wrote none in the hour before',
    query(surroundings) {
      const { errors, windowSeconds } = surroundings;
      const before = counted(surroundings, errors, 3_600, ` offset ${windowSeconds}s`);
      return `${counted(surroundings, errors, windowSeconds)} unless ${before}`;
    },
    title: (value) => `has begun to write errors: ${value} lines`,
  },
} as const satisfies Readonly<Record<string, Preset<Surroundings>>>;

const rate = (value: number): string => String(Number(value.toPrecision(2)));
