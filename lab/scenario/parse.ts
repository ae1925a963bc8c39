/** Reads a scenario file. Whatever is wrong with it is said with file, line and reason, all of it at once. */
import { LineCounter, parseDocument } from 'yaml';
import { faultParameters } from '../supervisor/fault-kinds.ts';
import { type ServiceName, topology } from '../topology.ts';
import { explain, type Path } from './explain.ts';
import { lineOf } from './position.ts';
import type { Scenario } from './scenario.ts';
import { type ScenarioFile, scenarioSchema } from './schema.ts';

export interface ScenarioProblem {
  file: string;
  /** From 1. */
  line: number;
  reason: string;
}

export class ScenarioError extends Error {
  readonly problems: ScenarioProblem[];
  constructor(problems: ScenarioProblem[]) {
    super(problems.map(({ file, line, reason }) => `${file}:${line}: ${reason}`).join('\n'));
    this.name = 'ScenarioError';
    this.problems = problems;
  }
}

interface Finding {
  path: Path;
  reason: string;
  /** The key itself is wrong, not its value. */
  key?: string;
}

/** Throws a `ScenarioError` with every problem, in the order of the lines. */
export function parseScenario(text: string, file: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new ScenarioError(
      document.errors.map((error) => ({
        file,
        line: error.linePos?.[0].line ?? 1,
        reason: `not valid YAML: ${error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '')}`,
      })),
    );
  }
  const result = check(toPlain(document, file));
  if ('scenario' in result) return { file, ...result.scenario };
  const problems = result.findings.map(({ path, reason, key }) => ({
    file,
    line: lineOf(document, lines, path, key),
    reason,
  }));
  throw new ScenarioError(problems.sort((a, b) => a.line - b.line));
}

function toPlain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    throw new ScenarioError([{ file, line: 1, reason: `not valid YAML: ${(error as Error).message}` }]);
  }
}

function check(given: unknown): { scenario: Omit<Scenario, 'file'> } | { findings: Finding[] } {
  const parsed = scenarioSchema.safeParse(given);
  if (!parsed.success) return { findings: parsed.error.issues.flatMap((issue) => explain(issue, given)) };
  const findings = checkFaults(parsed.data);
  if (findings.length > 0) return { findings };

  const { warmUp, deadline, faults, ...rest } = parsed.data;
  return {
    scenario: {
      ...rest,
      warmUpMs: warmUp,
      deadlineMs: deadline,
      faults: faults.map(({ at, kind, service, with: given }) => ({
        atMs: at,
        service,
        kind,
        with: faultParameters[kind].parse(given),
      })),
    },
  };
}

function checkFaults({ faults, deadline }: ScenarioFile): Finding[] {
  return faults.flatMap(({ at, kind, service, with: given }, index): Finding[] => {
    const path = ['faults', index];
    const result = faultParameters[kind].safeParse(given);
    const findings = result.success
      ? []
      : result.error.issues.flatMap((issue) => explain(issue, given, [...path, 'with'], `${kind} takes`));
    if (at >= deadline)
      findings.push({ path: [...path, 'at'], reason: 'the fault comes after the deadline' });
    if (kind === 'traffic-surge' && !takesTraffic(service)) {
      const reason = `${service} takes no requests, so no surge can be made for it`;
      findings.push({ path: [...path, 'service'], reason });
    }
    return findings;
  });
}

function takesTraffic(service: ServiceName): boolean {
  return topology[service].surgePath !== undefined;
}
