/** The table of cases and executors in docs/adding-an-executor.md, as the suites declare it. */
import { type CaseName, caseNames } from './cases.ts';
import { type SuiteName, suites } from './suites.ts';

/** Suites that differ in no case stand in one column. */
const columns: Readonly<Record<string, readonly SuiteName[]>> = {
  mock: ['mock'],
  'mock, slow': ['mock-slow'],
  lab: ['lab'],
  Docker: ['docker'],
  'Docker, agent': ['docker-agent'],
  'sandbox, also agent': ['sandbox', 'sandbox-agent'],
  'Kubernetes workload, drain': ['kubernetes', 'drain'],
  cordon: ['cordon'],
  'pause of an owner': ['pause-sync'],
  'ECS count, release; EC2': ['ecs-count', 'ecs-release', 'ec2'],
};

export function caseTable(): string {
  const whys: string[] = [];
  const cell = (one: CaseName, [suite, ...others]: readonly SuiteName[]): string => {
    if (suite === undefined) throw new Error('a column of no suite');
    const why = whyNever(one, suite);
    for (const other of others)
      if (whyNever(one, other) !== why) throw new Error(`${suite} and ${other} differ in "${one}"`);
    if (why === undefined) return '✓';
    if (!whys.includes(why)) whys.push(why);
    return String(whys.indexOf(why) + 1);
  };
  const rows = caseNames.map((one) => [one, ...Object.values(columns).map((its) => cell(one, its))]);
  const lines = [
    ['case', ...Object.keys(columns)],
    ['---', ...Object.keys(columns).map(() => '---')],
    ...rows,
  ];
  const reasons = whys.map((why, index) => `${index + 1}. ${why}`);
  return `${lines.map((line) => `| ${line.join(' | ')} |`).join('\n')}\n\n${reasons.join('\n')}\n`;
}

/** Every suite stands in the table once. */
export const inTable: readonly SuiteName[] = Object.values(columns).flat();

function whyNever(one: CaseName, suite: SuiteName): string | undefined {
  const never: Partial<Readonly<Record<CaseName, string>>> = suites[suite].never;
  return never[one];
}
