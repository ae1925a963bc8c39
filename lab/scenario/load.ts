/** Finds scenario files: given files as they are, given folders with every .yaml and .yml file in them. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseScenario, ScenarioError, type ScenarioProblem } from './parse.ts';
import type { Scenario } from './scenario.ts';

/** All scenarios in the order given, folders by name; a `ScenarioError` names the problems of every file at once. */
export async function loadScenarios(paths: string[]): Promise<Scenario[]> {
  const files = (await Promise.all(paths.map(filesAt))).flat();
  const scenarios: Scenario[] = [];
  const problems: ScenarioProblem[] = [];
  for (const file of files) {
    try {
      const scenario = parseScenario(await readFile(file, 'utf8'), file);
      const twin = scenarios.find(({ name }) => name === scenario.name);
      if (twin)
        problems.push({ file, line: 1, reason: `the name ${scenario.name} is already that of ${twin.file}` });
      scenarios.push(scenario);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ScenarioError(problems);
  return scenarios;
}

async function filesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => {
    throw new ScenarioError([{ file: path, line: 1, reason: 'no such file or folder' }]);
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort();
  if (names.length === 0) {
    throw new ScenarioError([{ file: path, line: 1, reason: 'the folder contains no .yaml file' }]);
  }
  return names.map((name) => join(path, name));
}
